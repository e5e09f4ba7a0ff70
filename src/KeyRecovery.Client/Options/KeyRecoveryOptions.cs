using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace KeyRecovery;

/// <summary>
/// Where the server is and which app this is. Both are the app's own configuration: they never come from a code or an
/// answer.
/// </summary>
public sealed record KeyRecoveryOptions
{
    /// <summary>
    /// The server's origin, for example <c>https://keys.example.org</c>, without a path: see
    /// <see cref="ServerAddress"/>.
    /// </summary>
    public required Uri Server { get; init; }

    /// <summary>The app's id, 1–64 characters of <c>a-z 0-9 . -</c>.</summary>
    public required string App { get; init; }

    /// <summary>
    /// What the server calls itself in signatures (<c>@authority</c>). Default: host and port of <see cref="Server"/>.
    /// </summary>
    public string? Authority { get; init; }

    /// <summary>
    /// The audit keys of the home server, with which it signs every account's head: several while it changes its key.
    /// Default: none, and the first one that this device sees is kept.
    /// </summary>
    public ImmutableArray<VerifyKey> HomeKeys { get; init; } = [];

    /// <summary>
    /// The server's log and the witnesses that must have cosigned it, by a tlog-policy file: see
    /// <see cref="LogPolicy.TryParse"/>. Default: none, and the log's key that this device sees first is kept.
    /// </summary>
    public LogPolicy? LogPolicy { get; init; }

    /// <summary>
    /// The servers that guard passphrases, best of operators that do not know each other: more than half of them must
    /// be stolen or conspire before a passphrase can be searched. The newest generation first: new passphrases use that
    /// one, and one of an older generation is still recovered. Whose passphrase is of none that is listed here is
    /// locked out of it until one is set anew, so drop a generation only when
    /// <see cref="VaultSession.PassphraseOutdated"/> has had time to be shown. Default: none, which is the home server
    /// alone.
    /// </summary>
    public ImmutableArray<RealmGeneration> RealmGenerations { get; init; } = [];

    /// <summary>
    /// What the weakest device on which this app runs can afford for one guess: a passphrase that needs more is refused
    /// when it is set, and not when somebody must recover on that device. Default: <see cref="StretchProfile.Mobile"/>.
    /// </summary>
    public StretchProfile WeakestDevice { get; init; } = StretchProfile.Mobile;

    /// <summary>How long one request may take, to the last byte of its answer. Default: 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one request may take with all its repeats and the pauses between. Default: 60 s.</summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a call may be with servers, over all its requests, their repeats and the pauses between: then it ends
    /// as one that nobody answered. Many items, a log that is read and a passphrase that is set have it anew with each
    /// step; linking, which waits for people, has the life of its code instead. Default: 60 s.
    /// </summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Fetches the app's token for its user (JWT), for every call that needs one and is given none. Called on any
    /// thread; what takes longer than 8 s, or throws, is a network in the way. Default: none.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>How often a request whose repeat is harmless is sent in all. Default: 4.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>The pause before the first repeat, doubled with each, from 0 to 10 s. Default: 250 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Keeps sealed items on the device, so that they are read without the network: <see cref="FileItemCache"/>.
    /// Default: none, and each read asks the server.
    /// </summary>
    public IItemCache? ItemCache { get; init; }

    /// <summary>The device's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Draws keys and nonces.</summary>
    public IRandom Random { get; init; } = SystemRandom.Instance;

    /// <summary>
    /// The HTTP stack under the client; for proxies, pinning or tests. Redirects are turned off in it. Default: the
    /// platform's.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>
    /// Gives the HTTP stack for each request, in place of <see cref="Handler"/>: for one that changes while the app
    /// runs, as <c>IHttpMessageHandlerFactory</c> has it. What it gives stays its own, and follows no redirect; it is
    /// called on any thread. Default: none.
    /// </summary>
    public Func<HttpMessageHandler>? HandlerFactory { get; init; }

    /// <summary>
    /// Told what is asked of servers and how it ended, what a watcher finds, and where the device's store takes
    /// nothing; never a key, a code, a passphrase, a token, an id, or a name that people gave. Default: none, and
    /// nothing is told.
    /// </summary>
    public ILogger? Logger { get; init; }
}
