@NullMarked
package io.saviorrec.trainer;

import org.jspecify.annotations.NullMarked;
