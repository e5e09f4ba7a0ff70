using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// What this realm keeps of a slot: its share of the OPRF key, sealed under a KEK of the ring, and the count of
/// guesses. The budget is the app's policy and stands nowhere in it.
/// </summary>
internal sealed record RealmSlotRow
{
    private const string RowLabel = "realm-slot";

    private const int Fields = 16;

    /// <summary>Whether its share is gone for good.</summary>
    public bool IsDestroyed { get; init; }

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

    /// <summary>SHA-256 of what was registered, so that the same again is known as the same.</summary>
    public ReadOnlyMemory<byte> Registration { get; init; }

    /// <summary>The guesses since the last reset.</summary>
    public RealmAttempts Attempts { get; init; }

    /// <summary>When the newest of them came, in milliseconds since 1970.</summary>
    public ulong LastAttemptMs { get; init; }

    /// <summary>The attempt of the last reset; empty before the first one.</summary>
    public ReadOnlyMemory<byte> LastReset { get; init; }

    /// <summary>How many resets there were: a reset names it, so that a recorded one is worth nothing later.</summary>
    public ulong Round { get; init; }

    /// <summary>The row of its account here, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Account { get; init; }

    /// <summary>When a refused guess was last written down, in seconds since 1970.</summary>
    public ulong RefusedAt { get; init; }

    /// <summary>What happened to it.</summary>
    public RealmEvents Events { get; init; }

    /// <summary>What a row looks like whose slot is gone: the id stays taken.</summary>
    public static RealmSlotRow Deleted { get; } = new() { IsDestroyed = true };

    /// <summary>Whether it was deleted: there are no keys left that anything could be checked with.</summary>
    public bool IsDeleted => SigningKey.IsEmpty;

    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(1).UInt(IsDestroyed ? 1u : 0)
            .Text(App).Bytes(Subject.Span).UInt(Kek.Value).Bytes(ShareKey.Span)
            .Bytes(SigningKey.Span).Bytes(Registration.Span)
            .Bytes(Attempts.Packed.Span).UInt(LastAttemptMs).Bytes(LastReset.Span).UInt(Round)
            .UInt(RefusedAt).Bytes(Events.Packed.Span).Bytes(Account.Span);
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
            IsDestroyed = reader.UInt(1) == 1,
            App = reader.Text(0, Limits.AppIdLength),
            Subject = reader.BytesView(0, Hash256.Size),
            Kek = new KekId((uint)reader.UInt(uint.MaxValue)),
            SealedShare = share,
            ShareKey = reader.BytesView(0, OprfElement.Size),
            SigningKey = reader.BytesView(0, VerifyKey.Size),
            Registration = reader.BytesView(0, Hash256.Size),
            Attempts = new RealmAttempts(reader.BytesView(0, RealmAttempts.MaxSize)),
            LastAttemptMs = reader.UInt(),
            LastReset = reader.BytesView(0, RealmLimits.AttemptBytes),
            Round = reader.UInt(),
            RefusedAt = reader.UInt(),
            Events = new RealmEvents(reader.BytesView(0, RealmEvents.MaxSize)),
            Account = reader.BytesView(0, Hash256.Size),
        };
        reader.End();
        return decoded;
    }
}
