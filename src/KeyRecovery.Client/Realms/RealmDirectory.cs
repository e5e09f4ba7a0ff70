using System.Collections.Concurrent;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Passphrases;

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
    private readonly RealmPins _pins;
    private readonly ConcurrentDictionary<Uri, ApiTransport> _transports = new();
    private readonly ConcurrentDictionary<Hash256, RealmConnection> _known = new();

    public RealmDirectory(KeyRecoveryOptions options, ApiTransport home)
    {
        _options = options;
        _home = home;
        _pins = new RealmPins(options.RealmGenerations);
    }

    /// <summary>How many realms a new passphrase has.</summary>
    public int Count => _pins.AreNone ? 1 : _pins.Newest.Length;

    /// <summary>How many of them it must need at least.</summary>
    public int MinimumThreshold => _pins.NewestMinimum;

    /// <summary>What a realm is called, also where it cannot be reached.</summary>
    public string NameOf(Hash256 fingerprint) =>
        _pins.Find(fingerprint)?.Name ?? (_known.ContainsKey(fingerprint) ? HomeName : fingerprint.ToString()[..8]);

    /// <summary>Whether a slot is no longer as a new one would be: of an older generation, or of none.</summary>
    public bool IsOutdated(PassphraseParameters slot) => !_pins.AreNone && _pins.GenerationOf(slot) is not 0;

    /// <summary>How old a slot's realms are: 0 for those of new passphrases.</summary>
    /// <returns><see cref="ClientFailure.UnknownRealm"/> where they are no generation of the configuration: no realm is
    /// then asked anything, the home server neither.</returns>
    public async Task<Result<int>> AgeAsync(PassphraseParameters slot, CancellationToken ct)
    {
        if (!_pins.AreNone)
            return _pins.GenerationOf(slot) is { } generation ? generation : Unknown(slot);
        // The server itself may be a realm without a pin, where it is alone (docs/protocol.md §14.4): its operator
        // could search the passphrase in any case.
        if (slot.Realms is not [var only]) return Unknown(slot);
        var home = await ConnectHomeAsync(ct);
        if (!home.TryGet(out var realm, out var failure)) return failure;
        return realm.Fingerprint == only.Realm ? 0 : Unknown(slot);
    }

    /// <summary>Connects to every realm of a new slot: all must answer.</summary>
    public async Task<Result<RealmConnection[]>> ConnectAllAsync(CancellationToken ct)
    {
        var connected = _pins.AreNone
            ? [await ConnectHomeAsync(ct)]
            : await Task.WhenAll(_pins.Newest.Select(r => ConnectAsync(r, ct)));
        return connected.OfType<Result<RealmConnection>.Failed>().FirstOrDefault() is { } failed
            ? failed.Failure
            : connected.Select(c => ((Result<RealmConnection>.Ok)c).Value).ToArray();
    }

    /// <summary>Connects to the realm of a slot's parameters.</summary>
    public async Task<Result<RealmConnection>> ConnectAsync(Hash256 fingerprint, CancellationToken ct)
    {
        if (_known.TryGetValue(fingerprint, out var known)) return known;
        if (_pins.Find(fingerprint) is { } pinned) return await ConnectAsync(pinned, ct);
        if (!_pins.AreNone) return new ClientFailure.UnknownRealm(NameOf(fingerprint));
        var home = await ConnectHomeAsync(ct);
        if (home is Result<RealmConnection>.Ok { Value: var realm } && realm.Fingerprint != fingerprint)
            return new ClientFailure.UnknownRealm(NameOf(fingerprint));
        return home;
    }

    public void Dispose()
    {
        foreach (var transport in _transports.Values) transport.Dispose();
    }

    private ClientFailure.UnknownRealm Unknown(PassphraseParameters slot)
    {
        var unknown = slot.Realms.Where(r => _pins.Find(r.Realm) is null).ToList();
        return new ClientFailure.UnknownRealm(string.Join(", ",
            (unknown.Count == 0 ? slot.Realms : [.. unknown]).Select(r => NameOf(r.Realm))));
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
