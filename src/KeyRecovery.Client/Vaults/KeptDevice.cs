using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Client.Vaults;

/// <summary>A device's state, and the store that keeps it.</summary>
/// <param name="store">The store.</param>
/// <param name="state">What it has; disposed of with this.</param>
/// <param name="log">The app's; null where it has none.</param>
internal sealed class KeptDevice(IDeviceStore store, DeviceState state, ILogger? log) : IDisposable
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
        var next = State.With(noted);
        try
        {
            await store.NoteAsync(next, ct);
        }
        catch
        {
            next.Dispose();
            throw;
        }
        Take(next);
    }

    /// <summary>Changes what the store has, and takes it where that worked.</summary>
    public async Task SaveAsync(Func<DeviceState, DeviceState> change, CancellationToken ct) =>
        Take(await store.ChangeAsync(stored => change(OwnOf(stored)), ct));

    /// <summary>
    /// Takes what was verified, which counts also where the store takes nothing: reading needs no writable home, and
    /// what is committed is done. The next start fetches it anew.
    /// </summary>
    public async Task KeepAsync(Func<DeviceState, DeviceState> change, CancellationToken ct)
    {
        try
        {
            await SaveAsync(change, ct);
            Unkept = null;
        }
        catch (Exception thrown)
        {
            Take(change(State));
            if (!Call.IsFailure(thrown, ct)) throw;
            Unkept = Call.FailureOf(thrown);
            if (log is not null)
                ClientLog.Unkept(log, Unkept.GetType().Name, $"{(Unkept as ClientFailure.StoreFailed)?.Trouble}");
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

    /// <summary>
    /// What the store has, where it is still of this device: keys that were forgotten do not come back by a session
    /// that was open, and those of a new device are not written over.
    /// </summary>
    /// <exception cref="DeviceStoreException">It is not.</exception>
    public static DeviceState Own(DeviceState? stored, DeviceState known) =>
        stored?.Device == known.Device ? stored! : throw DeviceStoreException.Forgotten();

    // What this session alone has, since the store did not take it, goes before what is there.
    private DeviceState OwnOf(DeviceState? stored)
    {
        var own = Own(stored, State);
        return Unkept is null ? own : State;
    }

    private void Take(DeviceState next)
    {
        State.Dispose();
        State = next;
    }
}
