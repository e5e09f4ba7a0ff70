namespace KeyRecovery.Testing.Needs;

/// <summary>
/// What all tests of a class need, those too that it has from its base: where they are
/// <see cref="ContractFactAttribute"/> and <see cref="ContractTheoryAttribute"/>.
/// </summary>
/// <param name="needs">What they need.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsOfClassAttribute(params Need[] needs) : Attribute
{
    /// <summary>What they need.</summary>
    public IReadOnlyList<Need> Needs => needs;
}
