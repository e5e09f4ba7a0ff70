using KeyRecovery.Api.Http;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary>A list that is not filed, and why.</summary>
internal sealed class SubjectLineException(ProblemResult problem) : Exception("a list that is not filed")
{
    /// <summary>A line that is none.</summary>
    public SubjectLineException(int line)
        : this(new ProblemResult(ErrorCode.Malformed) { Field = $"line {line}" })
    {
    }

    /// <summary>What is answered.</summary>
    public ProblemResult Problem => problem;
}
