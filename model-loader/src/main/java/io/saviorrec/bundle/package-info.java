@NullMarked
package io.saviorrec.bundle;

import org.jspecify.annotations.NullMarked;
