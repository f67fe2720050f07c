package io.saviorrec.trainer.data.log;

/// The impressions of a data set as columns: page views in the order of (time, user), and the
/// samples of page `p` at `pageStart[p]` to `pageStart[p + 1]`.
///
/// A page view is what one user was shown in one second. Its history is `clickItem[historyStart[p]
/// … historyEnd[p])`: the user's clicks strictly before it, oldest first. Nobody writes to the
/// arrays after loading.
public final class ImpressionLog {
  public final long[] pageUser;

  /// Unix seconds.
  public final long[] pageTime;

  /// Days since 1970-01-01 UTC.
  public final int[] pageDay;

  /// Offsets into the samples, `pages() + 1` of them.
  public final int[] pageStart;

  public final int[] historyStart;
  public final int[] historyEnd;

  /// Feature rows of the user, `profileWidth` a page.
  public final long[] pageProfile;

  /// Feature rows of the page view's first impression, `contextWidth` a page.
  public final long[] pageContext;

  /// Catalogue indices.
  public final int[] sampleItem;

  public final boolean[] clicked;

  /// The base model's click probability, NaN where the log has none.
  public final float[] pctrBase;

  /// Catalogue indices of all clicks, by user and then by time.
  public final int[] clickItem;

  public final int profileWidth;
  public final int contextWidth;

  /// Empty columns of these sizes, to be filled by who makes the log.
  public ImpressionLog(int pages, int samples, int clicks, int profileWidth, int contextWidth) {
    this.pageUser = new long[pages];
    this.pageTime = new long[pages];
    this.pageDay = new int[pages];
    this.pageStart = new int[pages + 1];
    this.historyStart = new int[pages];
    this.historyEnd = new int[pages];
    this.pageProfile = new long[Math.multiplyExact(pages, profileWidth)];
    this.pageContext = new long[Math.multiplyExact(pages, contextWidth)];
    this.sampleItem = new int[samples];
    this.clicked = new boolean[samples];
    this.pctrBase = new float[samples];
    this.clickItem = new int[clicks];
    this.profileWidth = profileWidth;
    this.contextWidth = contextWidth;
  }

  public int pages() {
    return pageUser.length;
  }

  public int samples() {
    return sampleItem.length;
  }

  /// The first page at or after the given second; `pages()` if there is none.
  public int firstPageAt(long unixSeconds) {
    int low = 0;
    int high = pageTime.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (pageTime[middle] < unixSeconds) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// The last page view of a user, or -1 if the log has none.
  public int latestPageOf(long userId) {
    int page = pages() - 1;
    while (page >= 0 && pageUser[page] != userId) {
      page--;
    }
    return page;
  }
}
