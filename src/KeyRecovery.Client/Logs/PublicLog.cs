using KeyRecovery.Client.Http;
using KeyRecovery.Client.Logs;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery;

/// <summary>
/// A log at its address, as anybody reads it over HTTP (C2SP tlog-tiles). Nothing of what comes is believed before
/// <see cref="LogWalk"/> and a policy have verified it. Requests are repeated where the network or the server is in
/// the way; no redirect is followed. Safe for concurrent use.
/// </summary>
public sealed class PublicLog : ILogSource, IDisposable
{
    private readonly ApiTransport _transport;
    private readonly ServerLog _log;

    /// <summary>Takes an address.</summary>
    /// <param name="prefix">The log's prefix; of a KeyRecovery server its origin and <c>/audit</c>.</param>
    /// <param name="handler">The HTTP stack; redirects are turned off in it. Default: the platform's.</param>
    /// <exception cref="ArgumentException">It is none: <see cref="FindFault"/> says why.</exception>
    public PublicLog(Uri prefix, HttpMessageHandler? handler = null)
    {
        if (FindFault(prefix) is { } fault) throw new ArgumentException(fault, nameof(prefix));
        // Of the app nothing is told: nobody signs here.
        _transport = new ApiTransport(new KeyRecoveryOptions
        {
            Server = new Uri(prefix.GetLeftPart(UriPartial.Authority)), App = "log", Handler = handler,
        });
        _log = new ServerLog(_transport, prefix.AbsolutePath.TrimEnd('/'));
    }

    /// <summary>
    /// Why an address is no log's, in a sentence for a person; null where it is one.
    /// </summary>
    /// <param name="prefix">The address; null is none.</param>
    public static string? FindFault(Uri? prefix) => prefix switch
    {
        null or { IsAbsoluteUri: false } or { Scheme: not ("http" or "https") } =>
            "a log is at an absolute address, http or https",
        { UserInfo.Length: > 0 } => "a log's address has no name or password in it",
        { Query.Length: > 0 } or { Fragment.Length: > 0 } => "a log's address ends with its path, without ? and #",
        _ => null,
    };

    /// <inheritdoc/>
    /// <exception cref="LogUnavailableException">It cannot be had.</exception>
    public ValueTask<byte[]?> GetAsync(string name, CancellationToken ct) => _log.GetAsync(name, ct);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();
}
