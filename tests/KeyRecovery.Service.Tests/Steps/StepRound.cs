using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// One round of <see cref="StepWorld.AtEachStepAsync"/>: an act that a fate befalls at one step, and what must be true
/// afterwards. In the last round the act has no step left, and nothing befalls it: the same must be true.
/// </summary>
internal sealed class StepRound(StepWorld world, StepFate fate, int at)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly StepScript _script = StepScript.Of(fate, at);

    /// <summary>At which step, from 1.</summary>
    public int At => at;

    /// <summary>Whether the act came to that step.</summary>
    public bool IsStruck => _script.HasStruck;

    /// <summary>Does the act, once a round, as the process that the fate befalls.</summary>
    /// <param name="act">The act. It names the service of the process: two share no turn of an account.</param>
    /// <param name="meanwhile">What others do while the process stands still.</param>
    /// <returns>What it was told; null where it died, or heard that a store cannot answer.</returns>
    public async Task<T?> DoAsync<T>(Func<Task<T>> act, Func<Task>? meanwhile = null)
        where T : class
    {
        var acting = world.ActAsync<T>(_script, async () =>
        {
            try
            {
                return await act();
            }
            catch (StoreUnavailableException)
            {
                return null!;
            }
        });
        // Who is told that a store is busy may wait before it goes on, by a clock that nobody else moves meanwhile.
        while (fate == StepFate.Busy && await Task.WhenAny(acting, Task.Delay(Look)) != acting)
            world.Server.Time.Advance(Pause);
        if (await Task.WhenAny(_script.Frozen.Task, acting) != acting)
        {
            if (meanwhile is not null) await meanwhile();
            _script.Thaw();
        }

        return await acting;
    }
}
