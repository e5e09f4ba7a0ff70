using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// What befalls an act at each of its steps: whoever uses it is of <c>Category=Rounds</c>, since an ordinary run leaves
/// some of them to the long one.
/// </summary>
internal static class StepFates
{
    // A death, a lost answer and a standstill.
    private const int OfLong = 3;

    // Also a failure.
    private const int OfShort = 4;

    /// <summary>Of acts that take long.</summary>
    public static IEnumerable<StepFate> Long => Of(OfLong);

    /// <summary>Of acts that are short.</summary>
    public static IEnumerable<StepFate> Short => Of(OfShort);

    /// <summary>As <see cref="Long"/>.</summary>
    public static TheoryData<StepFate> EachOfLong => [.. Long];

    /// <summary>As <see cref="Short"/>.</summary>
    public static TheoryData<StepFate> EachOfShort => [.. Short];

    /// <summary>Each of some fates with each of several ways.</summary>
    public static TheoryData<StepFate, T> With<T>(IEnumerable<StepFate> fates, params T[] ways)
    {
        var data = new TheoryData<StepFate, T>();
        foreach (var fate in fates)
            foreach (var way in ways) data.Add(fate, way);
        return data;
    }

    /// <summary>
    /// Each of several acts with each fate of those that take long; in an ordinary run with one of them, in turn.
    /// </summary>
    public static TheoryData<string, StepFate> Of(params string[] acts)
    {
        var (fates, data) = (Long.ToArray(), new TheoryData<string, StepFate>());
        for (var act = 0; act < acts.Length; act++)
            for (var i = 0; i < Rounds.Of(fates.Length, 1); i++) data.Add(acts[act], fates[(act + i) % fates.Length]);
        return data;
    }

    /// <summary>As <see cref="With"/>, of ways in which others act while it stands still: else there is none.</summary>
    public static TheoryData<StepFate, string> Meanwhile(IEnumerable<StepFate> fates, params string[] ways)
    {
        var data = With([StepFate.Frozen], ways);
        foreach (var fate in fates)
            if (fate != StepFate.Frozen) data.Add(fate, "");
        return data;
    }

    private static IEnumerable<StepFate> Of(int ordinary)
    {
        var all = Enum.GetValues<StepFate>();
        return all.Take(Rounds.Of(all.Length, ordinary));
    }
}
