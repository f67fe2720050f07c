@NullMarked
package io.saviorrec.server.items;

import org.jspecify.annotations.NullMarked;
