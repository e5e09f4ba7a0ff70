using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Auditing;

/// <summary>One walk through a whole log, and what it told on the way.</summary>
/// <param name="checkpoint">To which the log must come.</param>
/// <param name="kept">Older ones, from which it must go on.</param>
/// <param name="receipts">Are looked for.</param>
internal sealed class LogAudit(
    Checkpoint checkpoint, IEnumerable<Checkpoint> kept, IReadOnlyCollection<AuditReceipt> receipts)
{
    private const int Bundle = TilePath.FullWidth;

    // Each is asked for: more than any server has had, and no more than a hostile log may cost.
    private const int MostPolicies = 1024;

    private readonly SortedDictionary<AuditEvent, long> _events = [];
    private readonly Dictionary<Hash256, ulong> _places = [];
    private readonly Dictionary<Hash256, ulong> _policies = [];
    private readonly HashSet<Hash256> _wanted = [.. receipts.Select(receipt => receipt.Hash)];

    /// <summary>Is told of each leaf as well; null for nobody.</summary>
    public Action<ulong, AuditLeaf>? Leaf { get; init; }

    /// <summary>How many leaves there are of each kind.</summary>
    public IReadOnlyDictionary<AuditEvent, long> Events => _events;

    /// <summary>The time of the earliest leaf, in seconds since 1970; null where there is none.</summary>
    public ulong? Earliest { get; private set; }

    /// <summary>That of the latest.</summary>
    public ulong? Latest { get; private set; }

    /// <summary>Walks; what it told counts where nothing is wrong.</summary>
    /// <param name="source">Where the log is.</param>
    /// <param name="atOnce">How many bundles are read at once.</param>
    /// <param name="progress">Is told of bundles.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What is wrong first; null where all holds.</returns>
    public async Task<LogFault?> RunAsync(
        ILogSource source, int atOnce, IProgress<(int Done, int Of)> progress, CancellationToken ct)
    {
        var all = Bundles(checkpoint.Size);
        var walk = new LogWalk(source, checkpoint.Size)
        {
            Trees = [.. kept, checkpoint],
            AtOnce = atOnce,
            Leaf = (index, leaf) =>
            {
                if (index % Bundle == 0) progress.Report((Bundles(index), all));
                Take(index, leaf);
                Leaf?.Invoke(index, leaf);
            },
        };
        return await walk.FindFaultAsync(ct) ?? await FindOtherPolicyAsync(source, ct);
    }

    /// <summary>The leaf that commits to a receipt; null where there is none.</summary>
    public ulong? PlaceOf(AuditReceipt receipt) => _places.TryGetValue(receipt.Hash, out var index) ? index : null;

    // What leaves name by its hash must be told: nobody can say later that another policy held.
    private async Task<LogFault?> FindOtherPolicyAsync(ILogSource source, CancellationToken ct)
    {
        foreach (var (hash, index) in _policies.OrderBy(policy => policy.Value))
        {
            var name = $"policy/{Convert.ToHexStringLower(hash.ToArray())}";
            if (await source.GetAsync(name, ct) is not { } told)
                return new LogFault(LogFaultKind.Missing, name, index, index);
            if (Hash256.Of(told) != hash) return new LogFault(LogFaultKind.OtherPolicy, name, index, index);
        }

        return null;
    }

    private void Take(ulong index, AuditLeaf leaf)
    {
        if (_policies.Count < MostPolicies) _policies.TryAdd(leaf.Policy, index);
        _events[leaf.Event] = _events.GetValueOrDefault(leaf.Event) + 1;
        (Earliest, Latest) = (Math.Min(Earliest ?? leaf.Time, leaf.Time), Math.Max(Latest ?? 0, leaf.Time));
        if (leaf.Event is AuditEvent.Erased or AuditEvent.ErasedEverywhere && _wanted.Contains(leaf.Commitment))
            _places.TryAdd(leaf.Commitment, index);
    }

    private static int Bundles(ulong leaves) => (int)Math.Min(int.MaxValue, leaves / Bundle + 1);
}
