@NullMarked
package io.saviorrec.server.batching;

import org.jspecify.annotations.NullMarked;
