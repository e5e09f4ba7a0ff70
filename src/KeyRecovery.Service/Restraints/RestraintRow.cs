using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Restraints;

/// <summary>
/// What operators have decided about an account, before it holds in the key row and after: one row an account, in the
/// key store, so that neither a loss of its data nor a repair ends it.
/// </summary>
internal sealed record RestraintRow
{
    /// <summary>The most holds that are remembered; the newest.</summary>
    public const int MaxHolds = 16;

    /// <summary>The most entries that wait to be told.</summary>
    public const int MaxUntold = 8;

    private const string RowLabel = "restraint-row";
    private const int Fields = 8;
    private const int MaxIssuer = 256;

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>The account; null once it is erased.</summary>
    public AccountId? Account { get; init; }

    /// <summary>Since when it is suspended, in seconds since 1970; 0 where it is not.</summary>
    public ulong SuspendedSince { get; init; }

    /// <summary>Holds, the oldest first; at most the last stands.</summary>
    public ImmutableArray<LegalHold> Holds { get; init; } = [];

    /// <summary>What the log has been told of.</summary>
    public AccountRestraints Told { get; init; }

    /// <summary>What the account's activity is to tell and does not yet, the oldest first.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Untold { get; init; } = [];

    /// <summary>The hold that stands; null where none does.</summary>
    public LegalHold? Hold => Holds is [.., { IsOpen: true } hold] ? hold : null;

    /// <summary>What is to hold.</summary>
    public AccountRestraints Wanted =>
        (SuspendedSince != 0 ? AccountRestraints.Suspended : 0) | (Hold is null ? 0 : AccountRestraints.Held);

    /// <summary>Whether all that was decided holds and is told.</summary>
    public bool IsSettled => Told == Wanted && Untold.IsEmpty;

    /// <summary>The row with another hold, the newest.</summary>
    public RestraintRow With(LegalHold hold) => this with { Holds = [.. Holds.Add(hold).TakeLast(MaxHolds)] };

    /// <summary>The row with the standing hold released.</summary>
    public RestraintRow Release(ulong now, string by) => this with
    {
        Holds = Holds.SetItem(Holds.Length - 1, Holds[^1] with { Released = now, ReleasedBy = by }),
    };

    /// <summary>
    /// What stays of it once the account is erased: when it was held and by whose operators, and neither why nor whose
    /// it was. A hold that came too late is none.
    /// </summary>
    public RestraintRow Trace() => this with
    {
        Account = null,
        SuspendedSince = 0,
        Holds = [.. Holds.Where(hold => !hold.IsOpen).Select(hold => hold with { Reason = "", Reference = "" })],
        Told = AccountRestraints.None,
        Untold = [],
    };

    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(1).Text(App).Bytes(Account?.ToArray() ?? [])
            .UInt(SuspendedSince).Array(Holds.Length);
        foreach (var hold in Holds)
        {
            writer.Array(6).Text(hold.Reason).Text(hold.Reference).UInt(hold.Since).Text(hold.By)
                .UInt(hold.Released).Text(hold.ReleasedBy);
        }

        writer.UInt((ulong)Told).Array(Untold.Length);
        foreach (var entry in Untold) writer.Bytes(entry.Span);
        return writer.ToArray();
    }

    public static RestraintRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.OwnStructure(RowLabel, Fields);
        var row = new RestraintRow
        {
            App = reader.Text(1, Limits.AppIdLength),
            Account = reader.Bytes(0, 16) is { Length: > 0 } account ? new AccountId(account) : null,
            SuspendedSince = reader.UInt(),
            Holds = ReadHolds(reader),
            Told = (AccountRestraints)reader.UInt((ulong)(AccountRestraints.Suspended | AccountRestraints.Held)),
            Untold = ReadUntold(reader),
        };
        reader.End();
        return row;
    }

    private static ImmutableArray<LegalHold> ReadHolds(CborIn reader)
    {
        var holds = ImmutableArray.CreateBuilder<LegalHold>();
        for (var left = reader.Array(0, MaxHolds); left > 0; left--)
        {
            reader.Array(6);
            holds.Add(new LegalHold(
                reader.Text(0, LegalHold.MaxReason), reader.Text(0, LegalHold.MaxReference), reader.UInt(),
                reader.Text(0, MaxIssuer), reader.UInt(), reader.Text(0, MaxIssuer)));
        }

        return holds.ToImmutable();
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadUntold(CborIn reader)
    {
        var untold = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        for (var left = reader.Array(0, MaxUntold); left > 0; left--)
            untold.Add(reader.BytesView(1, ActivityList.MaxEntry));
        return untold.ToImmutable();
    }
}
