/// The Helm chart, rendered by Helm: whether Kubernetes and the server take what it makes.
///
/// Uses of the server its settings alone.
@NullMarked
package io.saviorrec.server.chart;

import org.jspecify.annotations.NullMarked;
