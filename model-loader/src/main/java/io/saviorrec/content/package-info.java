@NullMarked
package io.saviorrec.content;

import org.jspecify.annotations.NullMarked;
