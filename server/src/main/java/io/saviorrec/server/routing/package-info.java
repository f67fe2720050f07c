@NullMarked
package io.saviorrec.server.routing;

import org.jspecify.annotations.NullMarked;
