using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Feed;

/// <summary>How much an app with a quota had when a sweep counted it.</summary>
/// <param name="Accounts">Accounts that are not erased.</param>
/// <param name="Bytes">The sealed sizes of what they keep, in bytes.</param>
/// <param name="Alive">How many accounts the feed had told by then as made and not as erased: what it has told since is
/// the difference to today.</param>
/// <param name="CountedAt">When the count began, in seconds since 1970.</param>
internal sealed record AppUse(ulong Accounts, ulong Bytes, ulong Alive, ulong CountedAt)
{
    private const int Fields = 6;

    /// <summary>Before the first count.</summary>
    public static AppUse None { get; } = new(0, 0, 0, 0);

    /// <summary>How full its accounts were when its app was told last.</summary>
    public QuotaLevel AccountsTold { get; init; }

    /// <summary>How full its bytes were when its app was told last.</summary>
    public QuotaLevel BytesTold { get; init; }

    /// <summary>This count behind another, and what the app is to be told: null where nothing has filled up.</summary>
    public (AppUse Next, AppEventKind? Told) After(AppUse before, AppQuota quota)
    {
        var next = this with
        {
            AccountsTold = LevelOf(Accounts, quota.Accounts), BytesTold = LevelOf(Bytes, quota.Bytes),
        };
        var risen = (QuotaLevel)Math.Max(
            (int)(next.AccountsTold > before.AccountsTold ? next.AccountsTold : QuotaLevel.Low),
            (int)(next.BytesTold > before.BytesTold ? next.BytesTold : QuotaLevel.Low));
        return (next, risen switch
        {
            QuotaLevel.Full => AppEventKind.QuotaReached,
            QuotaLevel.High => AppEventKind.QuotaNearlyReached,
            _ => null,
        });
    }

    /// <summary>Writes a count, or that there is none.</summary>
    public static void Write(CborOut writer, AppUse? use)
    {
        writer.Array(use is null ? 0 : Fields);
        if (use is null) return;
        writer.UInt(use.Accounts).UInt(use.Bytes).UInt(use.Alive).UInt(use.CountedAt).UInt((ulong)use.AccountsTold)
            .UInt((ulong)use.BytesTold);
    }

    /// <exception cref="WireFormatException">It is none.</exception>
    public static AppUse? Read(CborIn reader)
    {
        if (reader.Array(0, Fields) == 0) return null;
        return new AppUse(reader.UInt(), reader.UInt(), reader.UInt(), reader.UInt())
        {
            AccountsTold = (QuotaLevel)reader.UInt((ulong)QuotaLevel.Full),
            BytesTold = (QuotaLevel)reader.UInt((ulong)QuotaLevel.Full),
        };
    }

    // High from 80 % on.
    private static QuotaLevel LevelOf(ulong used, long? most) => most is not { } quota ? QuotaLevel.Low
        : used >= (ulong)quota ? QuotaLevel.Full : used * 5 >= (ulong)quota * 4 ? QuotaLevel.High : QuotaLevel.Low;
}

/// <summary>How full a quota is. The numbers are stored.</summary>
internal enum QuotaLevel
{
    Low = 0,
    High = 1,
    Full = 2,
}
