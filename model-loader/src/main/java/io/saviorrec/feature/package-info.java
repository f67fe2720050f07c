@NullMarked
package io.saviorrec.feature;

import org.jspecify.annotations.NullMarked;
