using System.Diagnostics.Metrics;

namespace KeyRecovery.Service.Telemetry;

/// <summary>
/// The service's instruments (meter <c>keyrecovery</c>). The first three show that refusals look alike: an unknown, a
/// wrong and a removed slot cost the same of each.
/// </summary>
public static class ServiceMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "keyrecovery";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Reads =
        Meter.CreateCounter<long>("keyrecovery.gate.reads", description: "Rows read by the gate");
    private static readonly Counter<long> Openings =
        Meter.CreateCounter<long>("keyrecovery.rows.openings", description: "Rows and keys opened");
    private static readonly Counter<long> Verifications =
        Meter.CreateCounter<long>("keyrecovery.gate.verifications", description: "Request signatures verified");
    private static readonly Counter<long> Commits =
        Meter.CreateCounter<long>("keyrecovery.commits", description: "Commits, by outcome");
    private static readonly Counter<long> Recoveries =
        Meter.CreateCounter<long>("keyrecovery.recoveries", description: "Vaults read by a slot");
    private static readonly Counter<long> Repairs =
        Meter.CreateCounter<long>("keyrecovery.repairs", description: "Repairs, by outcome");
    private static readonly Counter<long> Swept =
        Meter.CreateCounter<long>("keyrecovery.swept", description: "Orphans swept, by kind");
    private static readonly Counter<long> Rewraps =
        Meter.CreateCounter<long>("keyrecovery.rewraps", description: "Rows moved to another KEK");

    internal static void Read() => Reads.Add(1);

    internal static void Opening() => Openings.Add(1);

    internal static void Verification() => Verifications.Add(1);

    internal static void Commit(string outcome) =>
        Commits.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal static void Recovery() => Recoveries.Add(1);

    internal static void Repair(string outcome) =>
        Repairs.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal static void Rewrap(int count) => Rewraps.Add(count);

    internal static void Sweep(string kind, int count) =>
        Swept.Add(count, new KeyValuePair<string, object?>("kind", kind));
}
