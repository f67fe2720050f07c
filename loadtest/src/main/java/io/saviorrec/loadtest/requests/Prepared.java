package io.saviorrec.loadtest.requests;

import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// Recorded requests ready to be sent to one server again and again, in the order of their arrival.
public final class Prepared {
  /// Above what shops give their users.
  private static final long FIRST_FRESH_USER = 1L << 56;

  private final Wire wire;
  private final List<ScoreRequest> requests;
  private final List<byte[]> encoded;
  private final int[] scores;
  private final boolean freshUsers;

  private Prepared(Wire wire, List<ScoreRequest> requests, boolean freshUsers) {
    this.wire = wire;
    this.requests = requests;
    this.encoded = requests.stream().map(wire::encode).toList();
    this.scores = requests.stream().mapToInt(Prepared::scores).toArray();
    this.freshUsers = freshUsers;
  }

  /// Encodes all of them.
  ///
  /// @param change what is said otherwise than it was recorded
  /// @param freshUsers whether every request comes from a user whom nobody has seen, whose history
  ///   and profile are those of the recorded one
  /// @throws RequestsException when the server cannot be asked one of them
  public static Prepared of(
      List<CapturedRequest> recorded,
      Wire wire,
      UnaryOperator<ScoreRequest> change,
      boolean freshUsers) {
    List<ScoreRequest> requests = new ArrayList<>(recorded.size());
    recorded.forEach(each -> requests.add(change.apply(each.getRequest())));
    return new Prepared(wire, requests, freshUsers);
  }

  public Wire wire() {
    return wire;
  }

  /// The request of that number as it was recorded.
  public ScoreRequest message(int number) {
    return requests.get(number % requests.size());
  }

  /// The bytes of the request of that number, from 0.
  public byte[] bytes(long number) {
    int index = (int) (number % encoded.size());
    if (!freshUsers) {
      return encoded.get(index);
    }
    ScoreRequest request = requests.get(index);
    User.Builder user = request.getUser().toBuilder();
    if (user.getUserKey().isEmpty()) {
      user.setUserId(FIRST_FRESH_USER + number);
    } else {
      user.setUserKey(user.getUserKey() + "~" + number);
    }
    return wire.encode(request.toBuilder().setUser(user).build());
  }

  /// What the answer to the request of that number is worth.
  public Wire.Verdict read(byte[] answer, long number) {
    return wire.read(answer, scores[(int) (number % scores.length)]);
  }

  private static int scores(ScoreRequest request) {
    int candidates =
        request.getCandidatesCount()
            + request.getCandidateIdsCount()
            + request.getCandidateKeysCount();
    return request.getTopK() > 0 ? Math.min(request.getTopK(), candidates) : candidates;
  }
}
