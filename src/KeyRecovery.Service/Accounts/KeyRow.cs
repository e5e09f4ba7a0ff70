using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// An account's row in the key store: the gate that every request passes, read each time and never cached.
/// </summary>
/// <param name="State">Pending, live or erased.</param>
/// <param name="Kek">Which key of the ring wraps the subject key.</param>
/// <param name="WrappedSubjectKey">The subject key under that KEK; empty once erased.</param>
/// <param name="MinChain">The newest link: no restored chain may fall behind it.</param>
/// <param name="Since">When the row was made, in seconds since 1970.</param>
public sealed record KeyRow(
    KeyRowState State, KekId Kek, ReadOnlyMemory<byte> WrappedSubjectKey, MinChain? MinChain, ulong Since)
{
    private const string RowLabel = "key-row";
    private const int Fields = 10;
    private const int FieldsOfWarned = 12;
    private const ulong Version = 4;
    private const ulong VersionOfWarned = 5;

    // Layouts 1 and 2 are read by nobody any more; of the third the day of the last use is not known.
    private const int WithoutUse = 3;
    private static readonly int[] Layouts = [0, 0, 9, Fields, FieldsOfWarned];

    // Bit 0 whether an erasure may be held, bits 1 and 2 the restraints.
    private const ulong MostMarks = 7;

    // The last day that there is: 31 December 9999.
    private const ulong MostDays = 2_932_896;

    /// <summary>
    /// When the account row was found missing, or from before the newest link, though no restore was known: it counts
    /// as a restore of this account. Null once the account is mended.
    /// </summary>
    public RestoreMark? Loss { get; init; }

    /// <summary>The newest signed claims of restores, the oldest first; at most 16.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Claims { get; init; } = [];

    /// <summary>
    /// Whether an erasure may be held: set before one is, and never taken back. Where it is not set nobody needs to
    /// look for one at each opening.
    /// </summary>
    public bool MayBeHeld { get; init; }

    /// <summary>
    /// What operators keep from being done to the account. It stands here, where every request looks and where the
    /// tombstone comes: of a hold and an erasure at once, one is refused.
    /// </summary>
    public AccountRestraints Restraints { get; init; }

    /// <summary>
    /// The newest day (UTC) on which a device or slot of the account was let in, in days since 1970; 0 where that is
    /// not known. No more exact than a day, and gone with the key.
    /// </summary>
    public ulong UsedOn { get; init; }

    /// <summary>
    /// The day (UTC) on which the app was told that nobody uses the account, in days since 1970; 0 where it was not, or
    /// somebody has used it since (docs/protocol.md §21.6).
    /// </summary>
    public ulong WarnedOn { get; init; }

    /// <summary>The day (UTC) that the app was told then: not before it is it erased. 0 where it was not warned.
    /// </summary>
    public ulong ErasableOn { get; init; }

    /// <summary>Whether it is read, and not changed.</summary>
    public bool IsSuspended => Restraints.HasFlag(AccountRestraints.Suspended);

    /// <summary>Whether it is under a legal hold, and not erased.</summary>
    public bool IsLegallyHeld => Restraints.HasFlag(AccountRestraints.Held);

    /// <summary>The row when the account is used: no warning of before counts any more.</summary>
    /// <param name="day">The day, in days since 1970.</param>
    internal KeyRow Used(ulong day) =>
        this with { UsedOn = Math.Max(UsedOn, day), WarnedOn = 0, ErasableOn = 0 };

    internal byte[] Encode()
    {
        var isWarned = WarnedOn != 0;
        var writer = new CborOut().Array(isWarned ? FieldsOfWarned : Fields).Text(RowLabel)
            .UInt(isWarned ? VersionOfWarned : Version)
            .UInt((ulong)State).UInt(Kek.Value);
        MinChain.Write(writer, MinChain);
        writer.UInt(Since);
        RestoreMark.Write(writer, Loss);
        Accounts.Claims.Write(writer, Claims);
        writer.UInt((MayBeHeld ? 1UL : 0) | ((ulong)Restraints << 1)).UInt(UsedOn);
        if (isWarned) writer.UInt(WarnedOn).UInt(ErasableOn);
        return LeadingKey.Join(WrappedSubjectKey.Span, writer.ToArray());
    }

    internal static KeyRow Decode(ReadOnlyMemory<byte> row)
    {
        var (wrapped, rest) = LeadingKey.Split(row);
        var reader = new CborIn(rest);
        var layout = reader.OwnLayout(RowLabel, Layouts);
        var decoded = new KeyRow(
            (KeyRowState)reader.UInt(3), new KekId((uint)reader.UInt(uint.MaxValue)), wrapped.ToArray(),
            MinChain.Read(reader), reader.UInt())
        {
            Loss = RestoreMark.Read(reader),
            Claims = Accounts.Claims.Read(reader),
        };
        var marks = reader.UInt(MostMarks);
        var usedOn = layout == WithoutUse ? 0 : reader.UInt(MostDays);
        var (warnedOn, erasableOn) = layout == (int)VersionOfWarned
            ? (reader.UInt(MostDays), reader.UInt(MostDays)) : default;
        reader.End();
        return decoded with
        {
            MayBeHeld = (marks & 1) == 1, Restraints = (AccountRestraints)(marks >> 1), UsedOn = usedOn,
            WarnedOn = warnedOn, ErasableOn = erasableOn,
        };
    }
}
