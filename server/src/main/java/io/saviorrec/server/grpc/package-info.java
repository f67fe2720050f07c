@NullMarked
package io.saviorrec.server.grpc;

import org.jspecify.annotations.NullMarked;
