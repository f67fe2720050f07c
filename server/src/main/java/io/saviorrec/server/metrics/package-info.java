@NullMarked
package io.saviorrec.server.metrics;

import org.jspecify.annotations.NullMarked;
