namespace KeyRecovery.Service.Rotation;

/// <summary>What a rotation is doing.</summary>
public enum RotationPhase
{
    /// <summary>Making a new KEK durable.</summary>
    Adding = 1,

    /// <summary>Making it the current one.</summary>
    Promoting = 2,

    /// <summary>Waiting for the writes that still wrap under the old one.</summary>
    Draining = 3,

    /// <summary>Moving rows, or looking for one that is left.</summary>
    Rewrapping = 4,

    /// <summary>Destroying the old KEK.</summary>
    Destroying = 5,
}
