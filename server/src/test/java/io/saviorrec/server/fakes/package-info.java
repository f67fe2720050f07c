@NullMarked
package io.saviorrec.server.fakes;

import org.jspecify.annotations.NullMarked;
