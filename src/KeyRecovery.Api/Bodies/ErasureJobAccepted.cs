using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>A job that was filed.</summary>
internal sealed record ErasureJobAccepted(
    [property: Description("Its id.")] string Job, [property: Description("How many users it names.")] int Lines);
