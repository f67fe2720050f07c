@NullMarked
package io.saviorrec.server.scoring;

import org.jspecify.annotations.NullMarked;
