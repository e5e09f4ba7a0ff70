namespace KeyRecovery.Api.Options;

/// <summary>The append-only log of all changes, which auditors read.</summary>
internal sealed class LogOptions
{
    /// <summary>The longest name that is taken: 200. The log that comes after a lost one adds to it.</summary>
    public const int MaxOrigin = 200;

    /// <summary>A directory that belongs to the log alone. Default: <c>log</c> in the data directory.</summary>
    public string? Directory { get; set; }

    /// <summary>
    /// The log's name, the first line of its checkpoints: a URL without a scheme under a name of the operator,
    /// <c>keys.example.com/log</c> for example, at most 200 visible ASCII characters without <c>+</c>. It is fixed when
    /// the log is begun. Default: one that is made of the log's key.
    /// </summary>
    public string? Origin { get; set; }

    /// <summary>
    /// How many keys the log has had, 1 to 9; the newest signs its checkpoints. One more draws a new key; fewer changes
    /// nothing. Default 1.
    /// </summary>
    public int Keys { get; set; } = 1;

    /// <summary>
    /// Whether the key before the newest signs as well, for those who know only that one. Default true: false when
    /// auditors, witnesses and apps have the new one.
    /// </summary>
    public bool KeyOverlap { get; set; } = true;

    /// <summary>
    /// A file with a policy (C2SP tlog-policy): the witnesses that cosign the log, with the addresses where they are
    /// asked, https or this machine's, and the quorum without which no checkpoint is published. Witnesses without an
    /// address are not asked; at most 64. Default: no witness is asked.
    /// </summary>
    public string? Policy { get; set; }

    /// <summary>
    /// The size of a log whose folder is lost: where what lies there is not that log, and only there, another one is
    /// begun under another name, and its first leaf names the last checkpoint of the old one. Default: never.
    /// </summary>
    public ulong? BeginAnewAfter { get; set; }
}
