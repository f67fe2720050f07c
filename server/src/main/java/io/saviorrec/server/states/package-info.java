@NullMarked
package io.saviorrec.server.states;

import org.jspecify.annotations.NullMarked;
