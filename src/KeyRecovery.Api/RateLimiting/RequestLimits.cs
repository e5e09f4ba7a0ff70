namespace KeyRecovery.Api.RateLimiting;

/// <summary>What runs at once and what it may hold in memory, in one table. Nothing here can be configured.</summary>
internal static class RequestLimits
{
    /// <summary>
    /// Requests of one account at once, from the moment their signature holds until their answer is written: 4. Devices
    /// send one after the other, and two of an account seldom meet.
    /// </summary>
    public const int OfAccount = 4;

    /// <summary>
    /// Requests of one account that wait for a place: 12, so that an app which sends all its items at once is served.
    /// They hold no body. Others are refused at once.
    /// </summary>
    public const int WaitingOfAccount = 12;

    /// <summary>How long they wait: 10 s.</summary>
    public static readonly TimeSpan WaitOfAccount = TimeSpan.FromSeconds(10);

    /// <summary>When a request that finds no place is welcome again: 1 s.</summary>
    public static readonly TimeSpan AccountRetry = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes of all answers that are being written, together: 64 MiB, some thirty of the longest vaults. Answers of one
    /// piece are not counted.
    /// </summary>
    public const long AnswerBytes = 64L * 1024 * 1024;

    /// <summary>
    /// The piece in which answers are written, in bytes: 32 KiB, half of what the web server keeps for a connection, so
    /// that it waits for a reader who does not read.
    /// </summary>
    public const int AnswerPiece = 32 * 1024;

    /// <summary>How long a reader may take for a piece: 8 s, or 4 KiB a second.</summary>
    public static readonly TimeSpan AnswerPieceTime = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Repairs at once, of all callers: 256. A place is held by one address, and for 5 s by one that sends nothing, so
    /// that filling them takes hundreds of addresses that never pause.
    /// </summary>
    public const int Repairs = 256;

    /// <summary>
    /// Bytes that the bodies of all repairs take together while they come: 64 MiB, seven of the longest, each in a
    /// buffer of twice its size. The oldest gives way: an honest one is there for a second or two.
    /// </summary>
    public const long RepairBytes = 64L * 1024 * 1024;

    /// <summary>
    /// As <see cref="RepairBytes"/>, of all bodies of the realm's routes: 64 MiB, seven of the longest.
    /// </summary>
    public const long RealmBytes = 64L * 1024 * 1024;

    /// <summary>How fast a large body of a stranger must come, in bytes a second: 64 KiB.</summary>
    public const int StrangerRate = 64 * 1024;

    /// <summary>How long it may be behind that: 5 s, for a connection that only begins.</summary>
    public static readonly TimeSpan StrangerGrace = TimeSpan.FromSeconds(5);

    /// <summary>When a stranger who finds no place is welcome again: 2 s.</summary>
    public static readonly TimeSpan StrangerRetry = TimeSpan.FromSeconds(2);
}
