using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Options;

/// <summary>
/// What is wrong with the options so far. A failure names its key, and no value: values may be secret.
/// </summary>
internal sealed class Failures
{
    private readonly List<string> _failures = [];

    public void Add(string key, string what) => _failures.Add($"{KeyRecoveryOptions.Section}:{key} {what}.");

    public void Range(string key, int value, int least, int most)
    {
        if (value < least || value > most) Add(key, $"is from {least} to {most}");
    }

    public ValidateOptionsResult ToResult() =>
        _failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_failures);
}
