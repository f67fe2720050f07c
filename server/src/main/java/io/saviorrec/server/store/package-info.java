@NullMarked
package io.saviorrec.server.store;

import org.jspecify.annotations.NullMarked;
