using System.Collections.Concurrent;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Realms;

/// <summary>
/// The realms that this client may talk to: those of its configuration, or the home server alone where it has none. A
/// realm's keys are fetched once, and must have the pinned fingerprint.
/// </summary>
internal sealed class RealmDirectory : IDisposable
{
    private const string HomeName = "this server";

    // One of several that is away or silent must not hold up the others' work for minutes.
    private const int MostAttempts = 2;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(8);

    private readonly KeyRecoveryOptions _options;
    private readonly ApiTransport _home;
    private readonly ConcurrentDictionary<Uri, ApiTransport> _transports = new();
    private readonly ConcurrentDictionary<Hash256, RealmConnection> _known = new();

    public RealmDirectory(KeyRecoveryOptions options, ApiTransport home)
    {
        _options = options;
        _home = home;
        if (options.Realms.Length > RealmLimits.Realms)
            throw new ArgumentException($"at most {RealmLimits.Realms} servers guard a passphrase", nameof(options));
        foreach (var realm in options.Realms)
            if (!Hash256.TryParse(realm.Fingerprint, out _))
                throw new ArgumentException(
                    $"the fingerprint of {realm.Name} is not 43 characters of base64url", nameof(options));
    }

    /// <summary>What a realm is called, also where it cannot be reached.</summary>
    public string NameOf(Hash256 fingerprint) =>
        Pinned(fingerprint)?.Name ?? (_known.ContainsKey(fingerprint) ? HomeName : fingerprint.ToString()[..8]);

    /// <summary>Connects to every realm of the configuration, for a new slot: all must answer.</summary>
    public async Task<Result<RealmConnection[]>> ConnectAllAsync(CancellationToken ct)
    {
        var connected = _options.Realms.IsEmpty
            ? [await ConnectHomeAsync(ct)]
            : await Task.WhenAll(_options.Realms.Select(r => ConnectAsync(r, ct)));
        return connected.OfType<Result<RealmConnection>.Failed>().FirstOrDefault() is { } failed
            ? failed.Failure
            : connected.Select(c => ((Result<RealmConnection>.Ok)c).Value).ToArray();
    }

    /// <summary>
    /// Connects to the realm of a slot's parameters. A realm that the configuration does not name is the home server or
    /// none.
    /// </summary>
    public async Task<Result<RealmConnection>> ConnectAsync(Hash256 fingerprint, CancellationToken ct)
    {
        if (_known.TryGetValue(fingerprint, out var known)) return known;
        if (Pinned(fingerprint) is { } pinned) return await ConnectAsync(pinned, ct);
        // The server itself may be a realm without a pin, where it is alone (docs/protocol.md §14.4): its operator
        // could search the passphrase in any case.
        var home = await ConnectHomeAsync(ct);
        if (home is Result<RealmConnection>.Ok { Value: var realm } && realm.Fingerprint != fingerprint)
            return new ClientFailure.UnknownRealm(NameOf(fingerprint));
        return home;
    }

    public void Dispose()
    {
        foreach (var transport in _transports.Values) transport.Dispose();
    }

    private PinnedRealm? Pinned(Hash256 fingerprint)
    {
        var text = fingerprint.ToString();
        return _options.Realms.FirstOrDefault(r => r.Fingerprint == text);
    }

    private Task<Result<RealmConnection>> ConnectHomeAsync(CancellationToken ct) =>
        ConnectAsync(HomeName, _home, null, null, ct);

    private Task<Result<RealmConnection>> ConnectAsync(PinnedRealm realm, CancellationToken ct)
    {
        _ = Hash256.TryParse(realm.Fingerprint, out var pin);
        if (_known.TryGetValue(pin, out var known)) return Task.FromResult<Result<RealmConnection>>(known);
        var transport = _transports.GetOrAdd(realm.Server, server => new ApiTransport(_options with
        {
            Server = server, Authority = null, Attempts = Math.Min(_options.Attempts, MostAttempts),
            RequestTimeout = _options.RequestTimeout < LongestWait ? _options.RequestTimeout : LongestWait,
        }));
        return ConnectAsync(realm.Name, transport, pin, realm.Token, ct);
    }

    private async Task<Result<RealmConnection>> ConnectAsync(
        string name, ApiTransport transport, Hash256? pin, Func<CancellationToken, ValueTask<string>>? token,
        CancellationToken ct)
    {
        var (identity, answer) = await RealmConnection.IdentifyAsync(transport, ct);
        if (identity is null)
            return answer is Answer.Success ? new ClientFailure.RealmLied(name, RealmFault.Malformed)
                : new ClientFailure.RealmUnreachable(name, Failures.Of(answer).Message);
        if (pin is { } expected && identity.Fingerprint != expected)
            return new ClientFailure.RealmLied(name, RealmFault.Identity);
        return _known.GetOrAdd(identity.Fingerprint, new RealmConnection(name, transport, identity, token));
    }
}
