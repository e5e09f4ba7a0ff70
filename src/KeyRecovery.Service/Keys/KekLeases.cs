namespace KeyRecovery.Service.Keys;

/// <summary>Who wraps under which KEK right now, in this process. A ring has one.</summary>
public sealed class KekLeases
{
    private readonly Lock _lock = new();
    private readonly Dictionary<KekId, Held> _held = [];

    /// <summary>Lends what <paramref name="current"/> gives, in one step with counting it.</summary>
    public KekLease Take(Func<Kek> current)
    {
        lock (_lock)
        {
            var kek = current();
            if (!_held.TryGetValue(kek.Id, out var held)) _held[kek.Id] = held = new Held();
            held.Count++;
            return new KekLease(kek, () => Release(kek.Id));
        }
    }

    /// <summary>Changes what is current: no lease is taken of the old one once this returns.</summary>
    public void Change(Action change)
    {
        lock (_lock) change();
    }

    /// <summary>Whether a lease of <paramref name="id"/> is held.</summary>
    public bool Any(KekId id)
    {
        lock (_lock) return _held.ContainsKey(id);
    }

    /// <summary>Completes when no lease of <paramref name="id"/> is held.</summary>
    public Task OverAsync(KekId id)
    {
        lock (_lock) return _held.TryGetValue(id, out var held) ? held.Over.Task : Task.CompletedTask;
    }

    private void Release(KekId id)
    {
        lock (_lock)
        {
            var held = _held[id];
            if (--held.Count > 0) return;
            _held.Remove(id);
            held.Over.SetResult();
        }
    }

    private sealed class Held
    {
        public int Count { get; set; }

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
