namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// Bytes that requests keep in memory, bounded for all of them together. Where there is no room, nobody is turned away
/// at the door: the oldest holding of the owner who holds most gives way, so that whoever fills the memory loses it.
/// </summary>
/// <param name="most">All bytes at once.</param>
internal sealed class SharedBytes(long most)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Owner> _owners = [];
    private long _held;

    /// <summary>Bytes that are held now.</summary>
    public long Held
    {
        get { lock (_gate) return _held; }
    }

    /// <summary>A holding of no bytes yet.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="giveWay">Ends what holds the bytes. Called once at most, and on the thread of another
    /// request.</param>
    public Holding Begin(UInt128 owner, Action giveWay) => new(this, owner, giveWay);

    private bool TryGrow(Holding asker, long bytes)
    {
        var ended = new List<Holding>();
        lock (_gate)
        {
            if (asker.IsOver) return false;
            if (!_owners.TryGetValue(asker.Owner, out var own)) _owners.Add(asker.Owner, own = new Owner());
            if (asker.Bytes == 0) own.Holdings.AddLast(asker.Node);
            Add(asker, own, bytes);
            while (_held > most)
            {
                var oldest = _owners.Values.MaxBy(owner => owner.Bytes)!.Holdings.First!.Value;
                Release(oldest);
                ended.Add(oldest);
            }
        }

        foreach (var holding in ended) holding.GiveWay();
        return !asker.IsOver;
    }

    private void Add(Holding holding, Owner owner, long bytes)
    {
        holding.Bytes += bytes;
        owner.Bytes += bytes;
        _held += bytes;
    }

    private void Release(Holding holding)
    {
        if (holding.IsOver) return;
        holding.IsOver = true;
        if (holding.Bytes == 0) return;
        var owner = _owners[holding.Owner];
        owner.Holdings.Remove(holding.Node);
        Add(holding, owner, -holding.Bytes);
        if (owner.Holdings.Count == 0) _owners.Remove(holding.Owner);
    }

    private void End(Holding holding)
    {
        lock (_gate) Release(holding);
    }

    private sealed class Owner
    {
        public long Bytes { get; set; }

        public LinkedList<Holding> Holdings { get; } = [];
    }

    /// <summary>What one request holds, until it is disposed of.</summary>
    internal sealed class Holding : IDisposable
    {
        private readonly SharedBytes _shared;
        private readonly Action _giveWay;
        private readonly Lock _ending = new();
        private bool _hasEnded;

        public Holding(SharedBytes shared, UInt128 owner, Action giveWay)
        {
            (_shared, Owner, _giveWay) = (shared, owner, giveWay);
            Node = new LinkedListNode<Holding>(this);
        }

        public UInt128 Owner { get; }

        public LinkedListNode<Holding> Node { get; }

        public long Bytes { get; set; }

        public bool IsOver { get; set; }

        /// <summary>Holds some more; false where this very holding had to give way, or has.</summary>
        /// <param name="bytes">At least 1.</param>
        public bool TryGrow(long bytes) => _shared.TryGrow(this, bytes);

        // Not when the request has ended meanwhile: what it ran on may serve the next one by then.
        public void GiveWay()
        {
            lock (_ending)
                if (!_hasEnded) _giveWay();
        }

        public void Dispose()
        {
            _shared.End(this);
            lock (_ending) _hasEnded = true;
        }
    }
}
