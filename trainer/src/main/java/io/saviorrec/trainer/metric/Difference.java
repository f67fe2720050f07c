package io.saviorrec.trainer.metric;

import com.fasterxml.jackson.annotation.JsonProperty;

/// By how much one score ranks better than another, by a bootstrap over users.
///
/// @param first of the one, NaN where it cannot be told
/// @param second of the other
/// @param low lower end of the 95 % interval of the difference, first − second
/// @param high its upper end
/// @param pValue two-sided, of no difference; never below 2 / (resamples + 1)
public record Difference(
    double first,
    double second,
    double difference,
    double low,
    double high,
    @JsonProperty("p_value") double pValue) {}
