using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Vaults;

/// <summary>A device's state, and the store that keeps it.</summary>
/// <param name="store">The store.</param>
/// <param name="state">What it has; disposed of with this.</param>
internal sealed class KeptDevice(IDeviceStore store, DeviceState state) : IDisposable
{
    public DeviceState State { get; private set; } = state;

    /// <summary>Why the store has not what was verified last; null where it has.</summary>
    public ClientFailure? Unkept { get; private set; }

    /// <summary>
    /// Notes a commit that this device is about to send. It comes before: if the answer is lost, and the process with
    /// it, the next one must not take the commit for a stranger's who has this device's keys.
    /// </summary>
    public async Task NoteAsync(CommitBundle commit, CancellationToken ct)
    {
        var noted = State.Commits.Add(commit);
        if (commit.Manifest.Manifest.Signer != State.Device || noted == State.Commits) return;
        await SaveAsync(State.With(noted), ct, isNote: true);
    }

    /// <summary>Writes a state, and takes it where that worked.</summary>
    public async Task SaveAsync(DeviceState next, CancellationToken ct, bool isNote = false)
    {
        try
        {
            await (isNote ? store.NoteAsync(next, ct) : store.SaveAsync(next, ct));
        }
        catch
        {
            next.Dispose();
            throw;
        }
        Take(next);
    }

    /// <summary>
    /// Takes what was verified, which counts also where the store takes nothing: reading needs no writable home, and
    /// what is committed is done. The next start fetches it anew.
    /// </summary>
    public async Task KeepAsync(DeviceState next, CancellationToken ct)
    {
        Take(next);
        try
        {
            await store.SaveAsync(next, ct);
            Unkept = null;
        }
        catch (Exception thrown) when (Call.IsFailure(thrown, ct))
        {
            Unkept = Call.FailureOf(thrown);
        }
    }

    /// <summary>
    /// The notes by which a vault is judged: another process of this device may have sent what this one did not, and
    /// the store has its notes.
    /// </summary>
    public async Task<OwnCommits> ReadNotesAsync(VerifiedVault vault, CancellationToken ct)
    {
        var noted = State.Commits;
        if (noted.Explain(vault, State.Device)) return noted;
        using var stored = await store.LoadAsync(ct);
        return stored?.Device == State.Device ? noted.Join(stored.Commits) : noted;
    }

    public void Dispose() => State.Dispose();

    private void Take(DeviceState next)
    {
        State.Dispose();
        State = next;
    }
}
