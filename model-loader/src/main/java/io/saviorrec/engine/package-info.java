@NullMarked
package io.saviorrec.engine;

import org.jspecify.annotations.NullMarked;
