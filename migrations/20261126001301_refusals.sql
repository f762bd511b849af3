-- Why a projection projects nothing although a projector runs; null while it does.
ALTER TABLE projections ADD COLUMN refused text;
