package io.saviorrec.loadtest.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a share: `1%` or `0.01`.
final class ShareConverter implements ITypeConverter<Double> {
  private static final Pattern SHARE = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,9})?)(%?)");

  @Override
  public Double convert(String value) {
    Matcher share = SHARE.matcher(value);
    if (share.matches()) {
      double number = Double.parseDouble(share.group(1));
      double whole = share.group(2).isEmpty() ? number : number / 100;
      if (whole <= 1) {
        return whole;
      }
    }
    throw new TypeConversionException("'" + value + "' is no share such as 1% or 0.01");
  }
}
