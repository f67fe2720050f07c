@NullMarked
package io.saviorrec.server;

import org.jspecify.annotations.NullMarked;
