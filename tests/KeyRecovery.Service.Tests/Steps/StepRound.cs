using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// One round of <see cref="StepWorld.AtEachStepAsync"/>: an act that a fate befalls at one step, and what must be true
/// afterwards. In the last round the act has no step left, and nothing befalls it: the same must be true.
/// </summary>
internal sealed class StepRound(StepWorld world, StepFate fate, int at)
{
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
        if (await Task.WhenAny(_script.Frozen.Task, acting) != acting)
        {
            if (meanwhile is not null) await meanwhile();
            _script.Thaw();
        }

        return await acting;
    }
}
