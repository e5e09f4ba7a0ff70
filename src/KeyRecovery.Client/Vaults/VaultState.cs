using System.Collections.Immutable;
using System.Net;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Vaults;

/// <summary>
/// The verified vault of a device: fetched, checked against the last one, kept. Repairs the server by itself when it
/// shows a prefix of what this device has verified.
/// </summary>
internal sealed partial class VaultState : IKnownAccount, IDisposable
{
    private const ulong AsOfStep = 600;

    private readonly KeyRecoveryOptions _options;
    private readonly Lock _gate = new();
    private readonly HeardHead _heard = new();
    private readonly KeptDevice _device;
    private TimeSpan? _heldErasure;
    private ulong _asOf;
    private IReadOnlyList<VerifyKey> _homeKeys;

    public VaultState(KeyRecoveryOptions options, VaultApi api, IDeviceStore store, DeviceState device)
    {
        _options = options;
        _device = new KeptDevice(store, device, options.Logger);
        Api = api;
        Keys = DeviceKeys.Of(device);
        _homeKeys = HomeKeys.Known(options, device.HomeKey);
        _asOf = device.AsOf;
    }

    public VaultApi Api { get; }

    public DeviceKeys Keys { get; }

    /// <summary>The app's cache of sealed items; null where it has none.</summary>
    public IItemCache? ItemCache => _options.ItemCache;

    public OpenVault Open { get; private set; } = null!;

    /// <summary>What the account is now where it does not open; <see cref="Open"/> is then from before.</summary>
    public SpoiledVault? Spoiled { get; private set; }

    /// <summary>The same, as an app is told.</summary>
    public ClientFailure.Spoiled? SpoiledBy => Spoiled is null ? null : Tell(Spoiled);

    /// <inheritdoc/>
    public ClientFailure.RestoredBehind? Behind =>
        Vault.BehindSince is { } at ? ClientFailure.RestoredBehind.Since(at) : null;

    /// <summary>What this device holds of the account as it is now.</summary>
    public VaultView View => new(Api, Keys, Spoiled?.Vault ?? Open.Vault, Open) { HomeKeys = _homeKeys };

    public ImmutableArray<EpochSeal> BadSeals { get; private set; } = [];

    /// <summary>Names of items whose content a repaired server lacks.</summary>
    public ImmutableArray<string> LostItems { get; private set; } = [];

    /// <summary>
    /// How long a held erasure waited still, when the server was last asked; null where none is held.
    /// </summary>
    public TimeSpan? HeldErasure
    {
        get
        {
            lock (_gate) return _heldErasure;
        }
        set
        {
            lock (_gate) _heldErasure = value;
        }
    }

    public VerifiedVault Vault => Open.Vault;

    /// <summary>
    /// Reads the open vault while nobody replaces it. Whoever holds the session's turn may use <see cref="Open"/> as it
    /// is; all others come through here, and never await inside.
    /// </summary>
    public T Read<T>(Func<OpenVault, T> read)
    {
        lock (_gate) return read(Open);
    }

    /// <summary>Reads the kept vault, without the network. False where there is none that opens.</summary>
    public bool TryOpenKept()
    {
        if (_device.State is not { Known: { } known } device) return false;
        var verdict = device.IsVerified
            ? VerifiedVault.Reopen(_options.App, known, Keys.Identity, device.HashesTrail)
            : VerifiedVault.Verify(
                _options.App, known, Keys.Identity, null, HomeKeys.Known(_options, device.HomeKey));
        return verdict is VaultVerdict.Ok ok && TryTake(ok.Vault) is null;
    }

    /// <summary>Fetches and verifies what is new. Null when all is well.</summary>
    public async Task<ClientFailure?> RefreshAsync(CancellationToken ct)
    {
        if (_homeKeys.Count == 0)
        {
            var found = await HomeKeys.FindAsync(_options, Api, _device.State.HomeKey, ct);
            if (!found.TryGet(out var keys, out var unknown)) return unknown;
            _homeKeys = keys;
        }
        var failure = await ReadAsync(Open?.Vault, isWhole: false, mayRepair: true, ct);
        if (failure is not null && _options.Logger is { } log)
            ClientLog.Unread(log, failure.GetType().Name, $"{(failure as ClientFailure.ServerLied)?.Fault}");
        return failure;
    }

    /// <summary>Sends a commit, once it is noted that this device has.</summary>
    public async Task<Answer> CommitAsync(
        CommitBundle commit, DeviceKeys signer, string? token, CancellationToken ct)
    {
        await NoteAsync(commit, ct);
        return await Api.CommitAsync(signer, commit.Encode(), token, ct);
    }

    /// <inheritdoc cref="KeptDevice.NoteAsync"/>
    public Task NoteAsync(CommitBundle commit, CancellationToken ct) => _device.NoteAsync(commit, ct);

    /// <summary>
    /// Takes what this device committed itself and the server accepted: items as they were built, and what brings a
    /// link as if it came from the server.
    /// </summary>
    public async Task<ClientFailure?> AcceptOwnAsync(CommitBundle commit, HeadsJson heads, CancellationToken ct)
    {
        if (HearHead(heads.ReadHead(), heads.ReadRestored()) is { } lie) return lie;
        if (heads.ManifestHash != commit.Manifest.Hash.ToString()) return await RefreshAsync(ct);
        if (commit.Link is null && Follow(commit.Manifest, heads) is { } next)
            return await TakeAsync(new VaultVerdict.Ok(next), ct);
        return VerifiedVault.Verify(
            _options.App, heads.Tell(Vault, commit), Keys.Identity, Vault, _homeKeys) is VaultVerdict.Ok ok
            ? await AcceptAsync(ok, ct)
            : await RefreshAsync(ct);
    }

    /// <summary>Remembers how far a watcher has come.</summary>
    public Task KeepAsync(WatchPlace watched, CancellationToken ct) =>
        _device.KeepAsync(kept => kept.With(watched), ct);

    /// <summary>Remembers what is new of the log.</summary>
    public async Task KeepAsync(KeptLog log, CancellationToken ct)
    {
        if (log != Log) await _device.KeepAsync(kept => kept.With(log), ct);
    }

    public void Dispose()
    {
        Open?.Dispose();
        Keys.Dispose();
        _device.Dispose();
    }

    /// <param name="known">The vault that is known, or null.</param>
    /// <param name="isWhole">Whether all links are asked for: only a whole chain tells where it leaves the known one.
    /// </param>
    /// <param name="mayRepair">Whether to give back first what the server lacks.</param>
    /// <param name="ct">Cancels.</param>
    private async Task<ClientFailure?> ReadAsync(
        VerifiedVault? known, bool isWhole, bool mayRepair, CancellationToken ct)
    {
        var from = known?.Manifest.Manifest.Version ?? 1;
        var answer = await Api.GetVaultAsync(
            Keys, isWhole ? null : known?.Chain.Head.Link.Sequence, from, isWhole ? null : known?.Manifest.Hash, ct);
        if (answer is Answer.Success told) HeldErasure = told.ErasureDueIn;
        if (answer is Answer.Success { Status: HttpStatusCode.NotModified } && known is not null)
        {
            await HearNewestAsync(ct);
            return null;
        }
        if (answer is Answer.Problem { Type: ProblemTypes.RepairRequired or ProblemTypes.VaultLost
            or ProblemTypes.SignatureInvalid } problem)
        {
            var why = Failures.Of(problem);
            return known is null || !mayRepair ? why : await RepairAsync(known, why, canRead: false, ct);
        }
        if (answer is Answer.Problem refusal) return Tell(refusal);
        if (answer is not Answer.Success { IsCbor: true } success) return Failures.Of(answer);

        switch (await VerifyAsync(success.Body, known, from, ct))
        {
            case VaultVerdict.Ok ok:
                return await AcceptAsync(ok, ct);
            case VaultVerdict.Refused { Fault: ProtocolFault.UpgradeRequired }:
                return new ClientFailure.UpgradeRequired();
            case VaultVerdict.Refused { Fault: ProtocolFault.RolledBackChain or ProtocolFault.RolledBackManifest
                or ProtocolFault.Fork or ProtocolFault.ForkedManifest or ProtocolFault.ForgedBeginning } refused
                when known is not null:
                if (isWhole) return await RolledBackAsync(refused.Fault, known, success.Body, ct);
                return mayRepair && refused.Fault is ProtocolFault.RolledBackChain or ProtocolFault.RolledBackManifest
                    ? await RepairAsync(known, new ClientFailure.RolledBack(refused.Fault), canRead: true, ct)
                    : await ReadAsync(known, isWhole: true, mayRepair: false, ct);
            case VaultVerdict.Refused { Fault: ProtocolFault.OwnKeys }
                when known?.WasRestoredWithout(Keys.Id, VaultBundle.Decode(success.Body).Restored, _homeKeys) is true:
                return new ClientFailure.RestoredWithoutYou();
            case VaultVerdict.Refused { Fault: ProtocolFault.HeadSignature } when _device.State.HomeKey is not null:
                return new ClientFailure.HomeKeyChanged();
            // Whatever else is wrong with it: two heads that contradict each other are told with both.
            case VaultVerdict.Refused refused
                when known is not null && HomeLie.Find(known, success.Body, _homeKeys) is { } both:
                return new ClientFailure.RolledBack(refused.Fault) { Evidence = both };
            case VaultVerdict.Refused refused:
                return new ClientFailure.ServerLied(refused.Fault);
            default:
                throw new InvalidOperationException("a verdict is one of two");
        }
    }

    /// <summary>
    /// What a problem tells: the home's lie, where the head that comes with it contradicts the one that is known; else
    /// what it says.
    /// </summary>
    public ClientFailure Tell(Answer.Problem problem) =>
        (ClientFailure?)HearHead(problem) ?? Failures.Of(problem);

    /// <inheritdoc/>
    public ClientFailure.RolledBack? HearHead(Answer.Problem said) =>
        HearHead(said.Details.ReadHead(), said.Details.ReadRestored());

    /// <summary>Hears of which items a repaired server lacks the content.</summary>
    /// <param name="vault">What names them.</param>
    /// <param name="told">What the server said.</param>
    public void HearMissing(VerifiedVault vault, RepairJson told)
    {
        var lost = vault.Manifest.Manifest.Items.Where(i => told.Missing.Contains(i.Hash.ToString()))
            .Select(i => i.Id).ToHashSet();
        LostItems = [.. Open.Private.Items.Where(n => lost.Contains(n.Id) && !ReservedName.Is(n.Name))
            .Select(n => n.Name)];
    }

    /// <summary>Hears a head that did not come with a vault; null where it accuses nobody.</summary>
    public ClientFailure.RolledBack? HearHead(
        ReadOnlyMemory<byte> head, ImmutableArray<ReadOnlyMemory<byte>> restored) =>
        Open is null ? null : _heard.Hear(Vault, head, restored, _homeKeys);

    private async Task<ClientFailure.RolledBack> RolledBackAsync(
        ProtocolFault fault, VerifiedVault known, byte[] served, CancellationToken ct)
    {
        var evidence = HomeLie.Find(known, served, _homeKeys);
        // Of two versions the heads alone say nothing, and the hashes of the manifests before them do.
        if (evidence is null
            && await Api.GetVaultAsync(Keys, null, known.HashesFrom, null, ct) is Answer.Success { Body: var whole })
            evidence = HomeLie.Find(known, whole, _homeKeys);
        return new ClientFailure.RolledBack(fault) { Evidence = evidence };
    }

    private async Task<VaultVerdict> VerifyAsync(
        byte[] body, VerifiedVault? known, ulong from, CancellationToken ct)
    {
        try
        {
            var told = VaultBundle.Decode(body);
            if (known is not null) told = await CompleteAsync(told, from, ct);
            return VerifiedVault.Verify(_options.App, told, Keys.Identity, known, _homeKeys);
        }
        catch (WireFormatException)
        {
            return new VaultVerdict.Refused(ProtocolFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return new VaultVerdict.Refused(ProtocolFault.UpgradeRequired);
        }
    }

    // Whoever was away for very long asks for more hashes, a page at a time; a commit in between harms nothing. The
    // version is not verified yet: no more is taken than a server keeps.
    private async Task<VaultBundle> CompleteAsync(VaultBundle told, ulong from, CancellationToken ct)
    {
        // One that cannot be read is judged with its chain.
        if (FindVersion(told) is not { } version) return told;
        var hashes = told.Hashes;
        for (var page = hashes.Length; page == Limits.TrailPage && hashes.Length < Limits.TrailKept
            && from + (ulong)hashes.Length < version;)
        {
            var answer = await Api.GetVaultAsync(Keys, told.First, from + (ulong)hashes.Length, null, ct);
            if (answer is not Answer.Success more) break;
            var next = VaultBundle.Decode(more.Body).Hashes;
            page = next.Length;
            hashes = hashes.AddRange(next);
        }
        return told with { Hashes = [.. hashes.Take((int)Math.Min(version - Math.Min(from, version), int.MaxValue))] };
    }

    private VerifiedVault? Follow(SignedManifest built, HeadsJson heads) => Vault.Follow(
        built, heads.ReadHead(), heads.ReadRestored(), heads.ReadTrustedFrom(), _homeKeys);

    private static ulong? FindVersion(VaultBundle told)
    {
        try
        {
            return SignedManifest.Decode(told.Manifest).Manifest.Version;
        }
        catch (UpgradeRequiredException)
        {
            return null;
        }
    }

    private async Task<ClientFailure?> AcceptAsync(VaultVerdict.Ok read, CancellationToken ct) =>
        read.Vault.Chain.FindActive(Keys.Id) is null ? new ClientFailure.Revoked() : await TakeAsync(read, ct);

    private async Task<ClientFailure?> TakeAsync(VaultVerdict.Ok read, CancellationToken ct)
    {
        var vault = read.Vault;
        if (TryTake(vault) is { } failure) return failure;
        var notes = await _device.ReadNotesAsync(vault, ct);
        lock (_gate) _asOf = Api.NowSeconds;
        await _device.KeepAsync(kept => Know(kept, read, notes), ct);
        return _heard.Check(Vault, _homeKeys);
    }

    // Another process of this device may have verified more since: what it knows is not forgotten.
    private DeviceState Know(DeviceState kept, VaultVerdict.Ok read, OwnCommits notes)
    {
        var noted = kept.With(kept.Commits.Join(notes));
        if (read.Conflict is null && kept.Known is { } known
            && FindVersion(known) > read.Vault.Manifest.Manifest.Version) return noted;
        using (noted)
        {
            using var before = read.Conflict is { } conflict ? noted.With(ReplacedVault.Of(conflict)) : null;
            using var now = (before ?? noted).WithAsOf(_asOf);
            return now.With(read.Vault, _options.HomeKeys.IsDefaultOrEmpty ? _homeKeys[0] : null);
        }
    }

    private ClientFailure? TryTake(VerifiedVault vault)
    {
        try
        {
            var (opened, fault) = vault.Open(Keys.Id, Keys.Kem, Open);
            if (opened is null) return Told(vault.FindSpoiler(Keys.Id, Keys.Kem, Open), fault);
            var badSeals = Open?.Vault.Chain.Seals.SequenceEqual(vault.Chain.Seals) is true
                ? BadSeals : opened.FindBadSeals();
            lock (_gate)
            {
                Open?.Dispose();
                (Open, BadSeals, Spoiled) = (opened, badSeals, null);
            }
            return null;
        }
        catch (UpgradeRequiredException)
        {
            return new ClientFailure.UpgradeRequired();
        }
    }

    // What was opened last is kept: what is now may be all that a culprit left of it.
    private ClientFailure Told(SpoiledVault? spoiled, ProtocolFault fault)
    {
        if (spoiled is null) return new ClientFailure.ServerLied(fault);
        lock (_gate) if (Open is not null) Spoiled = spoiled;
        return Tell(spoiled);
    }

    private ClientFailure.Spoiled Tell(SpoiledVault spoiled) => new(
        spoiled.By, Open?.Private.Authorities.FirstOrDefault(n => n.Id == spoiled.By)?.Name ?? "", spoiled.Fault);

    // What this device has verified is given back; what the server then has is read like everything else.
    private async Task<ClientFailure?> RepairAsync(
        VerifiedVault known, ClientFailure why, bool canRead, CancellationToken ct)
    {
        var repair = await VaultRepair.SendAsync(Api, Keys, VaultRepair.Of(known), ct);
        switch (repair)
        {
            case Outcome<RepairJson>.Done done:
                HearMissing(known, done.Told);
                // Whole: the manifest is the known one, and what the home claims is news.
                return await ReadAsync(known, isWhole: true, mayRepair: false, ct);
            case { Problem.Type: ProblemTypes.Revoked }:
                return new ClientFailure.Revoked();
            // What the server has lacks this device, which stood at the newest link: it may go on with what it knows.
            case { Problem.Details: var told } when !canRead && known.AsBehind(
                Keys.Id, told.ReadActiveAtMinChain(), told.ReadRestored(), _homeKeys) is { } behind:
                return await AcceptAsync(new VaultVerdict.Ok(behind), ct);
            case { Problem.Details: var told }
                when known.WasRestoredWithout(Keys.Id, told.ReadRestored(), _homeKeys) && !canRead:
                return new ClientFailure.RestoredWithoutYou();
            default:
                // No answer is no refusal: a look tells whether the server has it back.
                var isOpen = repair is Outcome<RepairJson>.Unknown;
                if (!canRead && !isOpen) return why;
                var unread = await ReadAsync(known, isWhole: true, mayRepair: false, ct);
                return isOpen && unread is ClientFailure.VaultLost ? repair.Failure : unread;
        }
    }
}
