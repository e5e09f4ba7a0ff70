using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// How many requests of one account, or of one user who has none yet, run at once, and how many more wait, first come
/// first served. Only verified ones take a place, so that no stranger uses another's up.
/// </summary>
internal sealed class Places(ServerMetrics metrics, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Queue> _owners = [];

    /// <summary>Owners of whom a request is under way.</summary>
    public int Count
    {
        get { lock (_gate) return _owners.Count; }
    }

    /// <summary>Takes a place until it is disposed of; null where there is none, nor one to wait for.</summary>
    /// <exception cref="OperationCanceledException">The caller hung up.</exception>
    public async ValueTask<Place?> TryEnterAsync(UInt128 owner, CancellationToken ct)
    {
        LinkedListNode<TaskCompletionSource> turn;
        lock (_gate)
        {
            if (!_owners.TryGetValue(owner, out var queue)) _owners.Add(owner, queue = new Queue());
            if (queue.Inside < RequestLimits.OfAccount)
            {
                queue.Inside++;
                return new Place(this, owner, HadToWait: false);
            }

            queue.Waiting ??= [];
            if (queue.Waiting.Count >= RequestLimits.WaitingOfAccount) return Refuse();
            turn = queue.Waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await turn.Value.Task.WaitAsync(RequestLimits.WaitOfAccount, time, ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Decide(owner, turn, ct);
    }

    /// <summary>What one who finds no place is told.</summary>
    public static ProblemResult Full() => new(ErrorCode.RateLimited) { RetryAfter = RequestLimits.AccountRetry };

    private Place? Refuse()
    {
        metrics.RateLimited("places");
        return null;
    }

    // A place may have been handed over in the same moment in which the waiting ended: then it is taken.
    private Place? Decide(UInt128 owner, LinkedListNode<TaskCompletionSource> turn, CancellationToken ct)
    {
        lock (_gate)
        {
            if (turn.List is null && !ct.IsCancellationRequested) return new Place(this, owner, HadToWait: true);
            turn.List?.Remove(turn);
            if (turn.Value.Task.IsCompleted) Leave(owner);
        }

        ct.ThrowIfCancellationRequested();
        return Refuse();
    }

    private void Leave(UInt128 owner)
    {
        lock (_gate)
        {
            var queue = _owners[owner];
            if (queue.Waiting?.First is { } next)
            {
                next.List!.RemoveFirst();
                next.Value.SetResult();
                return;
            }

            if (--queue.Inside == 0) _owners.Remove(owner);
        }
    }

    private sealed class Queue
    {
        public int Inside { get; set; }

        public LinkedList<TaskCompletionSource>? Waiting { get; set; }
    }

    /// <summary>A place of an owner.</summary>
    /// <param name="From">Where it goes back.</param>
    /// <param name="Owner">Whose.</param>
    /// <param name="HadToWait">Whether it was not free at once.</param>
    internal sealed record Place(Places From, UInt128 Owner, bool HadToWait) : IDisposable
    {
        public void Dispose() => From.Leave(Owner);
    }
}
