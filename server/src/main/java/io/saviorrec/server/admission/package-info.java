@NullMarked
package io.saviorrec.server.admission;

import org.jspecify.annotations.NullMarked;
