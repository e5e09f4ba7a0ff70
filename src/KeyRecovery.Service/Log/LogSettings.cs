using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Log;

/// <summary>What an operator says of the log.</summary>
/// <param name="Origin">The name of a log that is begun; null for one that is made of its key.</param>
/// <param name="BeginAnewAfter">
/// Where what lies in the files is not the log of this size, and only there, another one is begun; null: never.
/// </param>
/// <param name="Policy">What the apps allow now.</param>
/// <param name="Restores">The ids of the newest restores of the stores.</param>
/// <param name="Now">The time.</param>
internal sealed record LogSettings(string? Origin, ulong? BeginAnewAfter, Func<PolicyStatement> Policy,
    Func<CancellationToken, ValueTask<IEnumerable<byte[]>>> Restores, Func<Moment> Now);
