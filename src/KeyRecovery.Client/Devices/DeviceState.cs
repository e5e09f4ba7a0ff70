using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// What a device keeps (docs/protocol.md §10): who it is, its two seeds, the last vault that it verified, and what it
/// has sent since. Secret as a whole: an <see cref="IDeviceStore"/> keeps it sealed.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class DeviceState : IDisposable
{
    private const string Label = "keyrecovery/v1/device-state";

    // Raised with every change of what a vault must obey: a vault that was kept before it is verified once more.
    private const ulong Version = 3;
    private const int Fields = 16;

    // As it was before a device remembered the log, and before it remembered when it looked, what waits and what was
    // told.
    private const int FieldsBeforeLog = 12;
    private const int FieldsBeforeWatch = 13;

    // Of a version that is not known here.
    private const int MostFields = 1024;

    private DeviceState(DeviceState from, VaultBundle? known, ReadOnlyMemory<byte> pending)
    {
        (Account, Device, Known, Pending) = (from.Account, from.Device, known, pending);
        (SigningSeed, KemSeed) = (SecretBytes.Copy(from.SigningSeed.Span), SecretBytes.Copy(from.KemSeed.Span));
        (IsVerified, HomeKey, HashesTrail) = (from.IsVerified, from.HomeKey, from.HashesTrail);
        (Replaced, Commits, Log) = (from.Replaced, from.Commits, from.Log);
        (AsOf, Queue, Watched) = (from.AsOf, from.Queue, from.Watched);
    }

    private DeviceState(DeviceState from) : this(from, from.Known, from.Pending) { }

    /// <summary>Joins the parts.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public DeviceState(AccountId account, AuthorityId device, SecretBytes signingSeed, SecretBytes kemSeed,
        VaultBundle? known, ReadOnlyMemory<byte> pending)
    {
        Account = account;
        Device = device;
        SigningSeed = signingSeed;
        KemSeed = kemSeed;
        Known = known;
        Pending = pending;
        if (!pending.IsEmpty && !IsJoining)
            Commits = OwnCommits.None.Add(CommitBundle.Decode(pending));
    }

    /// <summary>
    /// What is pending while another device links this one: that one commits, so there is no commit to keep.
    /// </summary>
    internal static ReadOnlyMemory<byte> Joining { get; } = "keyrecovery/v1/joining"u8.ToArray();

    /// <summary>Whether another device links this one, and may have made it part of the account.</summary>
    internal bool IsJoining => Pending.Span.SequenceEqual(Joining.Span);

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>This device.</summary>
    public AuthorityId Device { get; }

    /// <summary>The seed of its Ed25519 key, 32 bytes.</summary>
    public SecretBytes SigningSeed { get; }

    /// <summary>The seed of its X-Wing key, 32 bytes.</summary>
    public SecretBytes KemSeed { get; }

    /// <summary>The last vault that was verified, whole; null until the account is there.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public VaultBundle? Known { get; }

    /// <summary>
    /// The home server's audit key as this device saw it first; null where it has seen none, or the app pins it.
    /// </summary>
    public VerifyKey? HomeKey { get; init; }

    /// <summary>The trail of the first manifest whose hash <see cref="Known"/> has.</summary>
    internal Hash256? HashesTrail { get; private init; }

    /// <summary>Vaults that were verified, and that a restored server does not have so any more; the newest last.
    /// </summary>
    internal ImmutableArray<ReplacedVault> Replaced { get; private init; } = [];

    /// <summary>What this device has sent, that may have been taken; the pending commit too.</summary>
    internal OwnCommits Commits { get; private init; } = OwnCommits.None;

    /// <summary>What this device remembers of the server's log.</summary>
    internal KeptLog Log { get; private init; } = KeptLog.None;

    /// <summary>
    /// When the server last said that <see cref="Known"/> is the newest, in seconds since 1970 by its clock, up to ten
    /// minutes too early; 0 where nobody noted it.
    /// </summary>
    internal ulong AsOf { get; private init; }

    /// <summary>Changes that wait for the network.</summary>
    internal QueuedEdits Queue { get; private init; } = QueuedEdits.None;

    /// <summary>Up to where a watcher has told what happened; null where none has watched.</summary>
    internal WatchPlace? Watched { get; private init; }

    /// <summary>Whether <see cref="Known"/> was verified by the rules that this program knows.</summary>
    internal bool IsVerified { get; private init; }

    /// <summary>
    /// The commit that makes this device part of the account, while no answer to it has come; else empty.
    /// </summary>
    public ReadOnlyMemory<byte> Pending { get; }

    /// <summary>The bytes to seal, to be disposed of.</summary>
    public SecretBytes Encode()
    {
        var writer = CborOut.OfSecrets().Array(Fields)
            .Text(Label).UInt(IsVerified || Known is null ? Version : Version - 1)
            .Bytes(Account).Bytes(Device).Bytes(SigningSeed.Span).Bytes(KemSeed.Span)
            .Bytes(Known is null ? default : Known.Encode()).Bytes(Pending.Span)
            .Bytes(HomeKey is null ? [] : HomeKey.ToArray())
            .Bytes(HashesTrail is { } trail ? trail.ToArray() : []).Array(Replaced.Length);
        foreach (var replaced in Replaced) replaced.Write(writer);
        Commits.Write(writer);
        Log.Write(writer);
        writer.UInt(AsOf);
        Queue.Write(writer);
        WatchPlace.Write(writer, Watched);
        return SecretBytes.Take(writer);
    }

    /// <summary>Reads the bytes.</summary>
    /// <exception cref="WireFormatException">Not a device's state.</exception>
    /// <exception cref="UpgradeRequiredException">A newer version has written it.</exception>
    public static DeviceState Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        var fields = reader.Array(2, MostFields);
        reader.Label(Label);
        var version = reader.UInt();
        if (version > Version) throw new UpgradeRequiredException();
        WireFormatException.Require(
            version >= 1 && fields is Fields or FieldsBeforeWatch or FieldsBeforeLog,
            "versions count from 1, with all their fields");
        var (account, device) = (reader.Account(), reader.Authority());
        var (signing, kem) = (SecretBytes.Copy(reader.BytesView(32, 32).Span),
            SecretBytes.Copy(reader.BytesView(32, 32).Span));
        var known = reader.BytesView(0, Limits.RepairBytes).ToArray();
        var pending = reader.BytesView(0, Limits.CommitBodyBytes).ToArray();
        var homeKey = reader.BytesView(0, VerifyKey.Size);
        var trail = reader.BytesView(0, Hash256.Size);
        var replaced = ImmutableArray.CreateBuilder<ReplacedVault>();
        for (var left = reader.Array(0, ReplacedVault.Most); left > 0; left--) replaced.Add(ReplacedVault.Read(reader));
        var commits = OwnCommits.Read(reader);
        var log = fields == FieldsBeforeLog ? KeptLog.None : KeptLog.Read(reader);
        var isNew = fields == Fields;
        var (asOf, queue) = (isNew ? reader.UInt() : 0, isNew ? QueuedEdits.Read(reader) : QueuedEdits.None);
        var watched = isNew ? WatchPlace.Read(reader) : null;
        reader.End();
        var vault = known.Length == 0 ? null : VaultBundle.Decode(known);
        return new DeviceState(account, device, signing, kem, vault, pending)
        {
            IsVerified = version == Version,
            HomeKey = homeKey.IsEmpty ? null : new VerifyKey(homeKey.Span),
            HashesTrail = trail.IsEmpty ? null : new Hash256(trail.Span),
            Replaced = replaced.ToImmutable(),
            Commits = commits,
            Log = log,
            AsOf = asOf,
            Queue = queue,
            Watched = watched,
        };
    }

    /// <summary>The same device with a vault that was verified since, and nothing pending.</summary>
    /// <param name="known">The vault.</param>
    /// <param name="homeKey">The home server's audit key, where none is pinned.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public DeviceState With(VerifiedVault known, VerifyKey? homeKey) => new(this, known.ToBundle(), default)
    {
        IsVerified = true,
        HomeKey = homeKey,
        HashesTrail = known.HashesTrail,
        Commits = Commits.After(known, Device),
    };

    /// <summary>The same device with one more vault that was replaced.</summary>
    internal DeviceState With(ReplacedVault replaced) =>
        new(this) { Replaced = ReplacedVault.Add(Replaced, replaced) };

    /// <summary>The same device without vaults that were replaced.</summary>
    internal DeviceState WithoutReplaced() => new(this) { Replaced = [] };

    internal DeviceState WithoutHomeKey() => new(this) { HomeKey = null };

    /// <summary>The same device, which has seen this key of the home server first.</summary>
    internal DeviceState WithHomeKey(VerifyKey homeKey) => new(this) { HomeKey = homeKey };

    /// <summary>The same device, which has sent this.</summary>
    internal DeviceState With(OwnCommits commits) => new(this) { Commits = commits };

    /// <summary>The same device, which remembers this of the log.</summary>
    internal DeviceState With(KeptLog log) => new(this) { Log = log };

    /// <summary>The same device, whose vault was the newest at this time.</summary>
    internal DeviceState WithAsOf(ulong asOf) => new(this) { AsOf = asOf };

    /// <summary>The same device, where these changes wait.</summary>
    internal DeviceState With(QueuedEdits queue) => new(this) { Queue = queue };

    /// <summary>The same device, whose watcher has come so far.</summary>
    internal DeviceState With(WatchPlace watched) => new(this) { Watched = watched };

    /// <inheritdoc/>
    public void Dispose()
    {
        SigningSeed.Dispose();
        KemSeed.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";
}
