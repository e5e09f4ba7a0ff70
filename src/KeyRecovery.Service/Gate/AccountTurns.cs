using System.Collections.Concurrent;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// One change of an account at a time in this process. Correctness does not rest on it, the rows' tokens see to that;
/// but whoever waits costs nothing, and whoever races another does all its work to be refused.
/// </summary>
internal sealed class AccountTurns
{
    private readonly ConcurrentDictionary<AccountId, Line> _lines = [];

    /// <summary>Waits for the account's turn, which ends with the disposal of what this gives.</summary>
    public async ValueTask<Turn> TakeAsync(AccountId account, CancellationToken ct)
    {
        var line = Join(account);
        if (line.Free.Wait(0, CancellationToken.None)) return new Turn(this, account, line, hasWaited: false);
        try
        {
            await line.Free.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            Leave(account, line);
            throw;
        }

        return new Turn(this, account, line, hasWaited: true);
    }

    private Line Join(AccountId account)
    {
        while (true)
        {
            var line = _lines.GetOrAdd(account, _ => new Line());
            lock (line)
            {
                if (line.IsGone) continue;
                line.Members++;
                return line;
            }
        }
    }

    private void Leave(AccountId account, Line line)
    {
        lock (line)
        {
            if (--line.Members > 0) return;
            line.IsGone = true;
        }

        _lines.TryRemove(new KeyValuePair<AccountId, Line>(account, line));
    }

    /// <summary>A turn.</summary>
    internal readonly struct Turn : IDisposable
    {
        private readonly AccountTurns _turns;
        private readonly AccountId _account;
        private readonly Line _line;

        internal Turn(AccountTurns turns, AccountId account, Line line, bool hasWaited) =>
            (_turns, _account, _line, HasWaited) = (turns, account, line, hasWaited);

        /// <summary>Whether others were before it: what was read of the account until then is old.</summary>
        public bool HasWaited { get; }

        public void Dispose()
        {
            _line.Free.Release();
            _turns.Leave(_account, _line);
        }
    }

    internal sealed class Line
    {
        public SemaphoreSlim Free { get; } = new(1, 1);

        public int Members { get; set; }

        public bool IsGone { get; set; }
    }
}
