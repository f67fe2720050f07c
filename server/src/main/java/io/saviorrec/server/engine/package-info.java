@NullMarked
package io.saviorrec.server.engine;

import org.jspecify.annotations.NullMarked;
