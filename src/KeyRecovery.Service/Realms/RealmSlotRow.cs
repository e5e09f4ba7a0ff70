using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// What this realm keeps of a slot: its share of the OPRF key, sealed under a KEK of the ring, and the count of
/// guesses. The budget is the app's policy and stands nowhere in it.
/// </summary>
internal sealed record RealmSlotRow
{
    private const string RowLabel = "realm-slot";

    private const int Fields = 22;

    /// <summary>Where it is in its life.</summary>
    public required RealmSlotState State { get; init; }

    /// <summary>The app whose policy counts its guesses.</summary>
    public string App { get; init; } = "";

    /// <summary>The keyed hash of the user who registered it, 32 bytes: nobody else may guess.</summary>
    public ReadOnlyMemory<byte> Subject { get; init; }

    /// <summary>Which key of the ring seals the share; 0 where there is none.</summary>
    public KekId Kek { get; init; }

    /// <summary>The share under that KEK; empty once it is destroyed.</summary>
    public ReadOnlyMemory<byte> SealedShare { get; init; }

    /// <summary>The share's public key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> ShareKey { get; init; }

    /// <summary>The slot's Ed25519 key, 32 bytes: it signs resets.</summary>
    public ReadOnlyMemory<byte> SigningKey { get; init; }

    /// <summary>The Ed25519 key of the account's devices, 32 bytes: it signs commands.</summary>
    public ReadOnlyMemory<byte> ManagementKey { get; init; }

    /// <summary>SHA-256 of what was registered, so that the same again is known as the same.</summary>
    public ReadOnlyMemory<byte> Registration { get; init; }

    /// <summary>When it was registered, in seconds since 1970.</summary>
    public ulong RegisteredAt { get; init; }

    /// <summary>The guesses since the last reset.</summary>
    public RealmAttempts Attempts { get; init; }

    /// <summary>When the newest of them came, in milliseconds since 1970.</summary>
    public ulong LastAttemptMs { get; init; }

    /// <summary>The attempt of the last reset; empty before the first one.</summary>
    public ReadOnlyMemory<byte> LastReset { get; init; }

    /// <summary>How many resets there were: a reset names it, so that a recorded one is worth nothing later.</summary>
    public ulong Round { get; init; }

    /// <summary>Whether a device has ever told a head: before that nobody relies on the slot.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>The version of the last command.</summary>
    public ulong Version { get; init; }

    /// <summary>SHA-256 of the last command's body; empty before the first one.</summary>
    public ReadOnlyMemory<byte> LastCommand { get; init; }

    /// <summary>The newest link that the devices told of.</summary>
    public ChainPlace? Head { get; init; }

    /// <summary>
    /// The row of its account here, 32 bytes; empty for a slot that was registered with a management key.
    /// </summary>
    public ReadOnlyMemory<byte> Account { get; init; }

    /// <summary>When a refused guess was last written down, in seconds since 1970.</summary>
    public ulong RefusedAt { get; init; }

    /// <summary>What happened to it.</summary>
    public RealmEvents Events { get; init; }

    /// <summary>
    /// What a row looks like whose slot is gone: the id stays taken, and a repeated delete is known as the same.
    /// </summary>
    public static RealmSlotRow Deleted(ulong version = 0, ReadOnlyMemory<byte> lastCommand = default) =>
        new() { State = RealmSlotState.Destroyed, Version = version, LastCommand = lastCommand };

    /// <summary>Whether it was deleted: there are no keys left that anything could be checked with.</summary>
    public bool IsDeleted => SigningKey.IsEmpty;

    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(1).UInt((ulong)State)
            .Text(App).Bytes(Subject.Span).UInt(Kek.Value).Bytes(ShareKey.Span)
            .Bytes(SigningKey.Span).Bytes(ManagementKey.Span).Bytes(Registration.Span).UInt(RegisteredAt)
            .Bytes(Attempts.Packed.Span).UInt(LastAttemptMs).Bytes(LastReset.Span).UInt(Round)
            .UInt(IsConfirmed ? 1u : 0)
            .UInt(Version).Bytes(LastCommand.Span);
        OptionalPlace.Write(writer, Head);
        writer.UInt(RefusedAt).Bytes(Events.Packed.Span).Bytes(Account.Span);
        return LeadingKey.Join(SealedShare.Span, writer.ToArray());
    }

    /// <summary>Reads a row; its parts are slices of <paramref name="row"/>.</summary>
    public static RealmSlotRow Decode(ReadOnlyMemory<byte> row)
    {
        var (share, rest) = LeadingKey.Split(row);
        var reader = new CborIn(rest);
        reader.OwnStructure(RowLabel, Fields);
        var decoded = new RealmSlotRow
        {
            State = (RealmSlotState)reader.UInt((ulong)RealmSlotState.Destroyed),
            App = reader.Text(0, Limits.AppIdLength),
            Subject = reader.BytesView(0, Hash256.Size),
            Kek = new KekId((uint)reader.UInt(uint.MaxValue)),
            SealedShare = share,
            ShareKey = reader.BytesView(0, OprfElement.Size),
            SigningKey = reader.BytesView(0, VerifyKey.Size),
            ManagementKey = reader.BytesView(0, VerifyKey.Size),
            Registration = reader.BytesView(0, Hash256.Size),
            RegisteredAt = reader.UInt(),
            Attempts = new RealmAttempts(reader.BytesView(0, RealmAttempts.MaxSize)),
            LastAttemptMs = reader.UInt(),
            LastReset = reader.BytesView(0, RealmLimits.AttemptBytes),
            Round = reader.UInt(),
            IsConfirmed = reader.UInt(1) == 1,
            Version = reader.UInt(),
            LastCommand = reader.BytesView(0, Hash256.Size),
            Head = OptionalPlace.Read(reader),
            RefusedAt = reader.UInt(),
            Events = new RealmEvents(reader.BytesView(0, RealmEvents.MaxSize)),
            Account = reader.BytesView(0, Hash256.Size),
        };
        reader.End();
        return decoded;
    }
}
