namespace KeyRecovery.Service.Erasure;

/// <summary>What a pass over the erasures did.</summary>
/// <param name="Erased">Receipts of level 1.</param>
/// <param name="Final">Receipts of level 2.</param>
/// <param name="Pending">Destroyed keys whose rows are not proved to be gone, and erasures that damage holds up: an
/// alarm.</param>
/// <param name="AwaitKek">Receipts of level 1 that wait for a KEK: a rotation is due.</param>
/// <param name="AwaitSets">Receipts of level 1 that wait for a backup set to expire: nothing is to be done.</param>
/// <param name="AwaitClock">Those of the pending that a moved clock holds up: they need no pass until somebody sets it,
/// or restarts.</param>
/// <param name="AwaitLog">What waits for the log: receipts for their proof, and entries of activities.</param>
/// <param name="Problem">Why something is pending; null where nothing is.</param>
public sealed record ErasureReport(
    int Erased, int Final, int Pending, int AwaitKek, int AwaitSets, int AwaitClock, int AwaitLog,
    string? Problem);
