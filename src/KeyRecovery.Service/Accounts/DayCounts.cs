using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Accounts;

/// <summary>What an account was granted on one day (UTC).</summary>
/// <param name="Day">Days since 1970.</param>
/// <param name="Links">Links.</param>
/// <param name="Additions">Authorities that they added.</param>
/// <param name="SlotLinks">Links past the day's number that added one slot and did nothing else.</param>
/// <param name="Commits">Commits, those with a link among them.</param>
/// <param name="YoungLinks">Links that young authorities signed.</param>
/// <param name="YoungCommits">Commits that young authorities signed.</param>
public readonly record struct DayCounts(
    ulong Day, int Links, int Additions, int SlotLinks, int Commits, int YoungLinks, int YoungCommits)
{
    private const int Fields = 7;

    /// <summary>What counts at a time: nothing yet where another day has begun.</summary>
    /// <param name="now">The server's clock.</param>
    public DayCounts At(Moment now) => Day == now.Day ? this : default(DayCounts) with { Day = now.Day };

    internal void Write(CborOut writer) => writer.Array(Fields).UInt(Day)
        .UInt((ulong)Links).UInt((ulong)Additions).UInt((ulong)SlotLinks).UInt((ulong)Commits)
        .UInt((ulong)YoungLinks).UInt((ulong)YoungCommits);

    internal static DayCounts Read(CborIn reader)
    {
        reader.Array(Fields);
        return new DayCounts(reader.UInt(), Count(), Count(), Count(), Count(), Count(), Count());
        int Count() => (int)reader.UInt(int.MaxValue);
    }
}
