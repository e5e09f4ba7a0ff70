namespace KeyRecovery.Service.Rotation;

/// <summary>How far a rotation is.</summary>
/// <param name="Phase">What it does.</param>
/// <param name="Pass">Which pass over the rows, from 1; 0 where there is none.</param>
/// <param name="Rewrapped">Rows moved so far.</param>
public readonly record struct RotationProgress(RotationPhase Phase, int Pass, int Rewrapped);
